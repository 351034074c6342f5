//===- module_to_object.cpp - Running LLVM over a driver module ----------------------------------------===//

#include "groups_to_llvm/module_to_object.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"

#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"

namespace cnn {
namespace {

struct TargetNames {
  std::string triple, features;
};

/// Driver code is scalar: of the vector extensions it only takes the encoding, so that it mixes with the
/// kernels' code without the processor's penalties for changing between the two.
TargetNames namesOf(llvm::StringRef target) {
  std::string system = target.contains("-osx")       ? "-apple-macosx11.0.0"
                       : target.contains("-windows") ? "-pc-windows-msvc"
                                                     : "-unknown-linux-gnu";
  if (target.starts_with("arm-64")) return {"aarch64" + system, "+neon"};
  return {"x86_64" + system, target.contains("avx") ? "+avx" : ""};
}

std::unique_ptr<llvm::TargetMachine> createMachine(const std::string& halideTarget, std::string& error) {
  static const bool initialised = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    return true;
  }();
  (void)initialised;
  TargetNames names = namesOf(halideTarget);
  llvm::Triple triple(names.triple);
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target) return nullptr;
  llvm::TargetOptions options;
  options.FunctionSections = options.DataSections = true;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, "generic", names.features, options, llvm::Reloc::PIC_, std::nullopt));
}

void optimise(llvm::Module& module, llvm::TargetMachine& machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder passes(&machine);
  passes.registerModuleAnalyses(modules);
  passes.registerCGSCCAnalyses(components);
  passes.registerFunctionAnalyses(functions);
  passes.registerLoopAnalyses(loops);
  passes.crossRegisterProxies(loops, functions, components, modules);
  passes.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O1).run(module, modules);
}

} // namespace

bool translateModule(mlir::ModuleOp module, const std::string& halideTarget, CodeForm form,
                     std::vector<char>& code, std::string& error) {
  mlir::registerBuiltinDialectTranslation(*module.getContext());
  mlir::registerLLVMDialectTranslation(*module.getContext());
  std::unique_ptr<llvm::TargetMachine> machine = createMachine(halideTarget, error);
  if (!machine) return false;
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> translated =
      mlir::translateModuleToLLVMIR(module, context, module.getName().value_or("driver"));
  if (!translated) {
    error = "the driver's code cannot be translated to LLVM IR";
    return false;
  }
  translated->setTargetTriple(machine->getTargetTriple());
  translated->setDataLayout(machine->createDataLayout());
  translated->setPICLevel(llvm::PICLevel::BigPIC);
  for (llvm::Function& function : *translated)
    if (!function.isDeclaration()) function.addFnAttr(llvm::Attribute::NoUnwind);
  optimise(*translated, *machine);

  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  if (form == CodeForm::llvm) {
    translated->print(stream, nullptr);
  } else {
    llvm::legacy::PassManager passes;
    auto type =
        form == CodeForm::object ? llvm::CodeGenFileType::ObjectFile : llvm::CodeGenFileType::AssemblyFile;
    if (machine->addPassesToEmitFile(passes, stream, nullptr, type)) {
      error = "LLVM cannot emit code for " + halideTarget;
      return false;
    }
    passes.run(*translated);
  }
  code.assign(bytes.begin(), bytes.end());
  return true;
}

} // namespace cnn
