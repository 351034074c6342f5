//===- in_process.cpp - Links a compiled network into this process -------------------------------------===//

#include "in_process.h"

#include "groups_to_halide/target.h"
#include "groups_to_llvm/driver.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstring>

namespace cnn::tools {

using namespace llvm::orc;

struct LinkedNetwork::Jit {
  std::unique_ptr<LLJIT> engine;
};

LinkedNetwork::LinkedNetwork() = default;
LinkedNetwork::~LinkedNetwork() = default;
LinkedNetwork::LinkedNetwork(LinkedNetwork&&) noexcept = default;

namespace {

const char* failed = "";

#define HALIDE_ERROR(name)                                                                                   \
  int name##Failed(void*, ...) {                                                                             \
    failed = "an assertion of a kernel failed: " #name;                                                      \
    return 1;                                                                                                \
  }
#include "groups_to_halide/halide_errors.def"

/// All that generated code calls outside itself.
SymbolMap runtimeSymbols(LLJIT& engine, int64_t* ticks) {
  SymbolMap symbols;
  auto define = [&](const char* name, auto* function) {
    symbols[engine.mangleAndIntern(name)] = {ExecutorAddr::fromPtr(function), llvm::JITSymbolFlags::Exported};
  };
  define("cnn_scratch_allocate", &cnn_scratch_allocate);
  define("cnn_scratch_free", &cnn_scratch_free);
  define("memcpy", static_cast<void* (*)(void*, const void*, size_t)>(&std::memcpy));
  define("memmove", static_cast<void* (*)(void*, const void*, size_t)>(&std::memmove));
  define("memset", static_cast<void* (*)(void*, int, size_t)>(&std::memset));
#define HALIDE_ERROR(name) define("halide_error_" #name, &name##Failed);
#include "groups_to_halide/halide_errors.def"
  if (ticks) define(profileTicks, ticks);
  return symbols;
}

llvm::Error addMembers(LLJIT& engine, CompiledNetwork& compiled, int64_t* ticks) {
  if (auto failed = engine.getMainJITDylib().define(absoluteSymbols(runtimeSymbols(engine, ticks))))
    return failed;
  for (ArchiveMember& member : compiled.members) {
    llvm::StringRef bytes(member.bytes.data(), member.bytes.size());
    if (auto failed = engine.addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(bytes, member.name)))
      return failed;
  }
  return llvm::Error::success();
}

template <typename Table>
llvm::Error findTable(LLJIT& engine, const std::string& symbol, const Table*& table) {
  auto address = engine.lookup(symbol);
  if (!address) return address.takeError();
  table = address->toPtr<const Table*>();
  return llvm::Error::success();
}

} // namespace

std::string LinkedNetwork::failedCheck() {
  return failed;
}

bool LinkedNetwork::link(CompiledNetwork& compiled, std::string& error, int64_t* ticks) {
  if (!kernel::runsHere(compiled.plan.network.target)) {
    error = "code for " + compiled.plan.network.target + " cannot run on this machine; its own target is " +
            kernel::hostTarget();
    return false;
  }
  auto report = [&](llvm::Error failed) {
    error = llvm::toString(std::move(failed));
    return false;
  };
  auto machine = JITTargetMachineBuilder::detectHost();
  if (!machine) return report(machine.takeError());
  auto engine = LLJITBuilder()
                    .setJITTargetMachineBuilder(std::move(*machine))
                    .setPlatformSetUp(setUpInactivePlatform)
                    .setLinkProcessSymbolsByDefault(false)
                    .create();
  if (!engine) return report(engine.takeError());
  jit = std::make_unique<Jit>(Jit{std::move(*engine)});
  probes = compiled.plan.probes;
  if (auto failed = addMembers(*jit->engine, compiled, ticks)) return report(std::move(failed));
  if (auto failed = findTable(*jit->engine, compiled.plan.name + "_inference", inference))
    return report(std::move(failed));
  if (!compiled.plan.network.trains()) return true;
  if (auto failed = findTable(*jit->engine, compiled.plan.name + "_training", training))
    return report(std::move(failed));
  return true;
}

static std::vector<ScoreForm> scoreForms(NetworkOp network) {
  std::vector<ScoreForm> forms;
  auto predict = network.lookupSymbol<FunctionOp>("predict");
  for (mlir::Value output : predict.getBody().back().getTerminator()->getOperands()) {
    mlir::Operation* op = output.getDefiningOp();
    forms.push_back(llvm::isa_and_present<SoftmaxOp>(op)      ? ScoreForm::probability
                    : llvm::isa_and_present<LogSoftmaxOp>(op) ? ScoreForm::logProbability
                    : llvm::isa_and_present<SigmoidOp>(op)    ? ScoreForm::separateProbability
                                                              : ScoreForm::any);
  }
  return forms;
}

bool compileAndLink(const CompileOptions& options, LinkedNetwork& linked) {
  Frontend frontend;
  if (!frontend.load(options)) return false;
  NetworkOp network = frontend.keepOnlyNetwork();
  if (!network) return false;
  linked.forms = scoreForms(network);
  CompiledNetwork compiled;
  if (!compileNetwork(frontend, options, network, compiled)) return false;
  std::string error;
  return linked.link(compiled, error) || fail(error) == 0;
}

} // namespace cnn::tools
