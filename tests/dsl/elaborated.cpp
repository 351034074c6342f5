#include "elaborated.h"

#include "dialect/dialect.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace cnn::test {

Elaborated::Elaborated(std::string text, ElaborationOptions options, std::string name)
    : diagnostics(sources), program(loadText(sources, syntax, std::move(name), std::move(text), diagnostics)),
      context(std::make_unique<mlir::MLIRContext>(mlir::MLIRContext::Threading::DISABLED)),
      result(elaborate(program, *context, options, diagnostics)) {}

Elaborated::~Elaborated() {
  result.module = nullptr;
}

std::string Elaborated::errors() const {
  std::string text;
  for (const Diagnostic* diagnostic : diagnostics.sorted()) {
    text += (text.empty() ? "" : ", ") + std::string(info(diagnostic->diag).id);
    if (!diagnostic->span.valid()) continue;
    LineColumn at = sources.lineColumn(diagnostic->span);
    text += " ";
    if (diagnostic->span.file != 0) text += sources.file(diagnostic->span.file).name + ":";
    text += std::to_string(at.line) + ":" + std::to_string(at.column);
  }
  return text;
}

static NetworkOp find(Elaborated& elaborated, const std::string& network) {
  return elaborated.result.module ? elaborated.result.module->lookupSymbol<NetworkOp>(network) : NetworkOp();
}

std::vector<std::string> Elaborated::parameterNames(const std::string& network) {
  std::vector<std::string> names;
  if (NetworkOp op = find(*this, network))
    op.walk([&](ParameterOp parameter) { names.push_back(parameter.getSymName().str()); });
  return names;
}

int64_t Elaborated::parameterCount(const std::string& network) {
  int64_t total = 0;
  if (NetworkOp op = find(*this, network))
    op.walk([&](ParameterOp parameter) {
      if (parameter.getStatistic()) return;
      int64_t count = 1;
      for (int64_t extent : mlir::cast<TensorType>(parameter.getType()).getFixedFrom(0)) count *= extent;
      total += count;
    });
  return total;
}

std::string Elaborated::init(const std::string& network, const std::string& parameter) {
  std::string text;
  if (NetworkOp op = find(*this, network))
    if (auto found = op.lookupSymbol<ParameterOp>(parameter))
      llvm::raw_string_ostream(text) << mlir::Attribute(found.getInitAttr());
  return text;
}

std::string Elaborated::training(const std::string& network, const std::string& key) {
  std::string text;
  NetworkOp op = find(*this, network);
  if (op && op.getTraining())
    if (mlir::Attribute found = op.getTraining()->get(key)) llvm::raw_string_ostream(text) << found;
  return text;
}

std::vector<std::string> Elaborated::asserts(const std::string& network) {
  std::vector<std::string> texts;
  NetworkOp op = find(*this, network);
  auto kept = op ? op->getAttrOfType<mlir::ArrayAttr>("asserts") : mlir::ArrayAttr();
  if (!kept) return texts;
  for (auto attribute : kept.getAsRange<mlir::DictionaryAttr>())
    texts.push_back(attribute.getAs<mlir::StringAttr>("text").str());
  return texts;
}

std::string Elaborated::inputShape(const std::string& network) {
  NetworkOp op = find(*this, network);
  auto predict = op ? op.lookupSymbol<FunctionOp>("predict") : FunctionOp();
  return predict ? mlir::cast<TensorType>(predict.getArgumentTypes()[0]).shapeText() : "";
}

std::string readFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return stream.good() ? text.str() : "cannot read " + path;
}

std::vector<std::string> filesIn(const std::string& folder, const std::string& extension) {
  std::vector<std::string> paths;
  for (auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == extension) paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

} // namespace cnn::test
