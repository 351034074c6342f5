//===- verify_command.cpp - cnnc verify: a network's compiled code against the reference ---------------===//
//
// For each batch size, with random weights and inputs: predict's outputs, the loss and metrics, every
// gradient and every updated statistic against the interpreter's doubles; then the interpreter's gradients
// against central differences of its loss along random directions. The code runs twice, phase by phase as in
// a program and call by call, with NaN in all memory that it must not read (poison.h), to the same bits.
//
//===---------------------------------------------------------------------------------------------------===//

#include "poison.h"
#include "verification.h"

#include "dialect/transforms/passes.h"

#include "mlir/Pass/PassManager.h"

namespace cnn::tools {
namespace {

/// The same kernels under drivers with one phase a call.
bool makeCallByCall(Frontend& frontend, const CompiledNetwork& compiled, CompiledNetwork& calls) {
  calls = compiled;
  NetworkPlan& network = calls.plan.network;
  for (FunctionPlan* function : {&network.prepare, &network.predict}) *function = oneCallAPhase(*function);
  for (FunctionPlan& function : network.train) function = oneCallAPhase(function);
  network.evaluate = oneCallAPhase(network.evaluate);
  return replaceDrivers(frontend, calls);
}

int verifyNetwork(Frontend& frontend, const CompileOptions& compile, const VerifyOptions& options,
                  NetworkOp network, NetworkOp reference, NetworkOp apart) {
  CompiledNetwork compiled, calls;
  if (!planLibrary(frontend, compile, network, compiled.plan)) return 1;
  if (options.checked) { // but for the optimizers', the last ones, which do not run here
    std::vector<kernel::Kernel>& kernels = compiled.plan.network.kernels;
    size_t count = kernels.size();
    for (const LibraryPlan::PhaseCode& phase : compiled.plan.phases)
      count = std::min(count, phase.updateKernel);
    for (size_t i = 0; i < count; ++i) kernels[i].checked = true;
  }
  if (!compilePlan(frontend, compile, compiled) || !makeCallByCall(frontend, compiled, calls)) return 1;
  LinkedNetwork linked, linkedCalls;
  std::string error;
  if (!linked.link(compiled, error) || !linkedCalls.link(calls, error)) return fail(error);
  Subject whole{linked, compiled.plan.network, true}, single{linkedCalls, calls.plan.network};
  Status done = Verification(options, reference, apart, whole, single).run();
  return done.ok() ? 0 : fail(done.message());
}

/// What the front end built, with its gradients, its evaluation and nothing else done to it; where `apart`,
/// also with training's ops taken apart.
mlir::OwningOpRef<mlir::ModuleOp> referenceOf(Frontend& frontend, bool apart) {
  mlir::OwningOpRef<mlir::ModuleOp> reference(
      mlir::cast<mlir::ModuleOp>(frontend.module->getOperation()->clone()));
  mlir::PassManager passes(&frontend.context);
  passes.nest<NetworkOp>().addPass(createCnnAutodiff());
  passes.nest<NetworkOp>().addPass(createCnnFreeze());
  passes.nest<NetworkOp>().addPass(createCnnEvaluation());
  if (apart) passes.nest<NetworkOp>().addPass(createCnnDecomposeTraining());
  if (mlir::failed(passes.run(*reference))) return {};
  return reference;
}

} // namespace

int verify(const CompileOptions& compile, const VerifyOptions& options) {
  Frontend frontend;
  if (!frontend.load(compile)) return 1;
  mlir::OwningOpRef<mlir::ModuleOp> reference = referenceOf(frontend, false),
                                    apart = referenceOf(frontend, true);
  if (!reference || !apart || !formGroups(frontend, compile)) return 1;
  int status = 0;
  for (NetworkOp network : frontend.networks())
    status |= verifyNetwork(frontend, compile, options, network,
                            reference->lookupSymbol<NetworkOp>(network.getSymName()),
                            apart->lookupSymbol<NetworkOp>(network.getSymName()));
  return status;
}

} // namespace cnn::tools
