//===- summary_command.cpp - cnnc summary: a network's layers, parameters, work and memory ------------===//

#include "summaries.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

namespace cnn::tools {
namespace {

struct Row {
  std::string path, operation, shape, bytes, parameters, macs;
};

std::string unlessZero(int64_t number) {
  return number ? grouped(number) : "";
}

Row rowOf(const NetworkSummary& network, const NetworkPart& part) {
  const Layer& last = network.layers[part.end - 1];
  LayerCost cost = costOf(network, part);
  std::string operation =
      part.isBlock() ? grouped(int64_t(part.end - part.begin)) + " layers" : last.operation;
  return {part.path,
          operation,
          shapeText(last.shape),
          grouped(cost.resultBytes),
          unlessZero(cost.parameters),
          unlessZero(cost.macs)};
}

/// Blocks within `depth` blocks are given as their parts; -1: all of them.
void addRows(const NetworkSummary& network, const NetworkPart& block, int64_t depth, std::vector<Row>& rows) {
  for (const NetworkPart& part : block.parts) {
    if (part.isBlock() && depth != 0)
      addRows(network, part, depth - 1, rows);
    else
      rows.push_back(rowOf(network, part));
  }
}

void printRows(llvm::raw_ostream& out, const std::vector<Row>& rows) {
  size_t path = 0, operation = 0, shape = 0;
  for (const Row& row : rows) {
    path = std::max(path, row.path.size());
    operation = std::max(operation, row.operation.size());
    shape = std::max(shape, row.shape.size());
  }
  for (const Row& row : rows)
    out << "  " << llvm::left_justify(row.path, unsigned(path)) << "  "
        << llvm::left_justify(row.operation, unsigned(operation)) << "  "
        << llvm::left_justify(row.shape, unsigned(shape))
        << llvm::formatv("  {0,13}  {1,12}  {2,15}\n", row.bytes, row.parameters, row.macs);
}

void printMemory(llvm::raw_ostream& out, const NetworkSummary& network) {
  out << "  parameters and statistics: " << grouped(network.total.parameterBytes) << " bytes\n";
  if (!network.freeSizes.empty()) {
    std::string set;
    for (const std::string& name : network.freeSizes) set += " " + name + "=…";
    out << "  " << llvm::join(network.freeSizes, ", ") << " count as 1; for the memory give sizes with --set"
        << set << '\n';
    return;
  }
  const ArenaSummary& predict = network.inference;
  out << "  inference: arena " << grouped(predict.blockBytes) << " bytes a sample (largest live set "
      << grouped(predict.largestLiveBytes) << ") + " << grouped(predict.constantBytes)
      << " bytes, prepared parameters " << grouped(network.preparedBytes) << " bytes\n";
  for (auto& [name, train] : network.training)
    out << "  " << (network.training.size() == 1 ? "training" : name) << ": arena "
        << grouped(train.blockBytes) << " bytes for " << train.samples << " samples (largest live set "
        << grouped(train.largestLiveBytes) << ") + " << grouped(train.constantBytes) << " bytes\n";
  out << "  beside the parameters: inference_memory " << grouped(network.inferenceBytes) << " bytes";
  if (!network.training.empty())
    out << ", training_memory " << grouped(network.trainingBytes) << " bytes for a batch of "
        << network.trainingBatch;
  out << '\n';
}

void print(llvm::raw_ostream& out, const NetworkSummary& network, int64_t depth) {
  std::vector<Row> rows = {{"layer", "operation", "output", "output bytes", "parameters", "MACs"}};
  addRows(network, partsOf(network), depth, rows);
  out << network.name << '\n';
  printRows(out, rows);
  out << "  " << grouped(network.total.parameters) << " parameters";
  if (network.trainedParameters != network.total.parameters)
    out << ", " << grouped(network.trainedParameters) << " of them trained";
  out << ", " << grouped(network.total.macs) << " MACs a sample\n";
  printMemory(out, network);
}

} // namespace

int summary(const CompileOptions& compile, const SummaryOptions& options) {
  Frontend frontend;
  std::vector<NetworkSummary> summaries;
  if (!summarizeFile(frontend, compile, summaries)) return 1;
  if (options.json) {
    llvm::outs() << toJson(summaries);
    return 0;
  }
  for (size_t i = 0; i < summaries.size(); ++i) {
    if (i > 0) llvm::outs() << '\n';
    print(llvm::outs(), summaries[i], options.depth);
  }
  return 0;
}

} // namespace cnn::tools
