//===- emit_library.cpp - Objects and archive of a library ---------------------------------------------===//

#include "groups_to_llvm/emit_library.h"

#include "groups_to_llvm/driver.h"
#include "groups_to_llvm/tables.h"

#include "llvm/Object/ArchiveWriter.h"

#include <map>

namespace cnn {

bool emitDrivers(mlir::MLIRContext& context, const LibraryPlan& plan, const std::vector<KernelFacts>& facts,
                 CodeForm form, std::vector<ArchiveMember>& members, std::string& error) {
  context.loadDialect<mlir::LLVM::LLVMDialect>();
  const NetworkPlan& network = plan.network;
  auto translate = [&](ObjectModule& object, const char* name) {
    return translateModule(*object.module, network.target, form, members.emplace_back(name).bytes, error);
  };

  ObjectModule description(&context, "description");
  emitDescription(description, plan);
  if (!translate(description, "description.o")) return false;

  if (!plan.weights.empty()) {
    ObjectModule weights(&context, "weights");
    emitWeights(weights, plan);
    if (!translate(weights, "weights.o")) return false;
  }

  ObjectModule inference(&context, "inference");
  emitFunction(inference, "prepare", network.prepare, network, facts);
  emitFunction(inference, "predict", network.predict, network, facts, plan.timed);
  uint64_t scratch = std::max(scratchBytesOf(network.prepare, facts), scratchBytesOf(network.predict, facts));
  inference.builder.setInsertionPointToEnd(inference.module->getBody());
  emitInferenceTable(inference, plan, scratch, "prepare", "predict");
  if (!translate(inference, "inference.o")) return false;
  if (!network.trains()) return true;

  ObjectModule training(&context, "training");
  scratch = 0;
  std::vector<std::string> functions;
  for (const FunctionPlan& train : network.train) {
    std::string name =
        functions.empty() ? "forward_backward" : "forward_backward_" + std::to_string(functions.size());
    emitFunction(training, name, train, network, facts, plan.timed);
    scratch = std::max(scratch, scratchBytesOf(train, facts));
    functions.push_back(name);
    training.builder.setInsertionPointToEnd(training.module->getBody());
  }
  std::map<size_t, std::string> updates;
  std::vector<PhaseSymbols> symbols;
  for (const LibraryPlan::PhaseCode& phase : plan.phases) {
    std::string& update = updates[phase.updateKernel];
    if (update.empty()) {
      update = updates.size() == 1 ? "update" : "update_" + std::to_string(updates.size() - 1);
      emitUpdate(training, update, network.kernels[phase.updateKernel], facts[phase.updateKernel]);
      scratch = std::max(scratch, facts[phase.updateKernel].scratchBytes);
      training.builder.setInsertionPointToEnd(training.module->getBody());
    }
    symbols.push_back({functions[phase.function], update});
  }
  emitFunction(training, "evaluate", network.evaluate, network, facts);
  scratch = std::max(scratch, scratchBytesOf(network.evaluate, facts));
  training.builder.setInsertionPointToEnd(training.module->getBody());
  emitTrainingTable(training, plan, scratch, symbols);
  return translate(training, "training.o");
}

bool writeArchive(const std::vector<ArchiveMember>& members, std::vector<char>& archive, std::string& error) {
  std::vector<llvm::NewArchiveMember> parts;
  for (const ArchiveMember& member : members) {
    llvm::StringRef bytes(member.bytes.data(), member.bytes.size());
    llvm::NewArchiveMember& part = parts.emplace_back(llvm::MemoryBufferRef(bytes, member.name));
    part.MemberName = member.name;
  }
  auto written =
      llvm::writeArchiveToBuffer(parts, llvm::SymtabWritingMode::NormalSymtab, llvm::object::Archive::K_GNU,
                                 /*Deterministic=*/true, /*Thin=*/false);
  if (!written) {
    error = llvm::toString(written.takeError());
    return false;
  }
  archive.assign((*written)->getBufferStart(), (*written)->getBufferEnd());
  return true;
}

} // namespace cnn
