//===- compile.cpp - Running Halide ------------------------------------------------------------------===//

#include "compile.h"

#include "builder.h"
#include "registry.h"
#include "rename_symbols.h"
#include "target.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <unistd.h>

using namespace Halide;

namespace cnn::kernel {

namespace {

/// Halide prints warnings and errors to stderr by default; here errors are only thrown, and warnings dropped:
/// the one that kernels cause says that the loops leave out the halo of the output, which is meant.
class Reporter : public CompileTimeErrorReporter {
public:
  void warning(const char*) override {}
  [[noreturn]] void error(const char* message) override { throw CompileError(message); }
};

void installReporter() {
  static std::once_flag once;
  static Reporter reporter;
  std::call_once(once, [] { set_custom_compile_time_error_reporter(&reporter); });
}

/// Loops leave out the halo, so that the assertion that they cover the whole output is not meant.
class DropBoundsAssertion : public Internal::IRMutator {
  using IRMutator::visit;
  Internal::Stmt visit(const Internal::AssertStmt* op) override {
    auto* call = op->message.as<Internal::Call>();
    if (call && call->name == "halide_error_explicit_bounds_too_small") return Internal::Evaluate::make(0);
    return op;
  }
};

/// Halide frees a temporary right after its last use, whatever was allocated since. Without these statements
/// it frees at the end of the scope: last in, first out, as the worker's scratch wants.
class DropEarlyFrees : public Internal::IRMutator {
  using IRMutator::visit;
  Internal::Stmt visit(const Internal::Free*) override { return Internal::Evaluate::make(0); }
};

/// As in Halide's CodeGen_Posix: what is constant and no larger lives on the stack.
constexpr int64_t stackLimit = 16 * 1024;

/// A large temporary that a schedule stores in MemoryType::Stack is taken from halide_malloc too, but all
/// through the function and in an order of its own. On the heap it is one more temporary of its scope.
class MoveLargeStackToHeap : public Internal::IRMutator {
  using IRMutator::visit;
  Internal::Stmt visit(const Internal::Allocate* op) override {
    int64_t bytes = int64_t(op->constant_allocation_size()) * op->type.bytes();
    if (op->memory_type != MemoryType::Stack || bytes <= stackLimit) return IRMutator::visit(op);
    return Internal::Allocate::make(op->name, op->type, MemoryType::Heap, op->extents, op->condition,
                                    mutate(op->body), op->new_expr, op->free_function, op->padding);
  }
};

/// The most bytes that halide_malloc is asked for at one time.
class ScratchUse : public Internal::IRVisitor {
public:
  uint64_t most = 0;
  std::string unbounded; ///< an allocation whose size is not a constant

private:
  using IRVisitor::visit;
  void visit(const Internal::Allocate* op) override {
    uint64_t bytes = 0;
    bool heap = op->memory_type != MemoryType::Stack && op->memory_type != MemoryType::Register;
    if (heap) {
      int32_t elements = op->constant_allocation_size();
      bytes = static_cast<uint64_t>(elements) * op->type.bytes();
      bool isConstant = elements != 0;
      if (!isConstant) unbounded = op->name;
      if (isConstant && op->memory_type == MemoryType::Auto && bytes <= uint64_t(stackLimit)) bytes = 0;
    }
    // Halide asks for some more, so that vectors may be read past the end; scratch is handed out by cache
    // lines.
    uint64_t taken = bytes ? (bytes + 128 + 63) / 64 * 64 + 64 : 0;
    live += taken;
    most = std::max(most, live);
    IRVisitor::visit(op);
    live -= taken;
  }
  uint64_t live = 0;
};

Target targetOf(const Kernel& kernel) {
  Target target(kernel.target);
  target.set_features({Target::NoRuntime, Target::UserContext});
  target.set_feature(Target::NoBoundsQuery);
  target.set_feature(Target::NoAsserts, !kernel.checked);
  target.set_feature(Target::StrictFloat, kernel.exact && !hasWideSums(kernel));
  return target;
}

Kernel complete(const Kernel& kernel) {
  Kernel completed = kernel;
  if (completed.schedule.algorithm.empty()) completed.schedule = chooseSchedule(completed);
  // A channel tile never reaches out of the range's first part.
  auto tile = completed.schedule.tiles.find("channels");
  if (completed.range == Range::channel && tile != completed.schedule.tiles.end()) {
    while (completed.rangeGranule % tile->second != 0) --tile->second;
  }
  return completed;
}

Module lower(const Kernel& given, std::string& symbol) {
  installReporter();
  symbol = symbolOf(given);
  Kernel kernel = complete(given);
  Builder builder(kernel, symbol);
  builder.build();
  const Template* chosen = findTemplate(kernel.schedule.algorithm);
  if (!chosen) fail("there is no schedule template '" + kernel.schedule.algorithm + "'");
  chosen->apply(builder);
  Pipeline pipeline(builder.outputs);
  pipeline.add_custom_lowering_pass(new DropEarlyFrees);
  pipeline.add_custom_lowering_pass(new MoveLargeStackToHeap);
  if (kernel.checked) pipeline.add_custom_lowering_pass(new DropBoundsAssertion);
  return pipeline.compile_to_module(builder.arguments(), symbol, targetOf(kernel), LinkageType::External);
}

/// What no compiler can help: no memory, no place for files.
struct MachineError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A file that is gone when this is.
class TemporaryFile {
public:
  explicit TemporaryFile(const std::string& suffix) {
    const char* folder = getenv("TMPDIR");
    name = std::string(folder && *folder ? folder : "/tmp") + "/cnnc-XXXXXX" + suffix;
    int descriptor = mkstemps(name.data(), static_cast<int>(suffix.size()));
    if (descriptor < 0)
      throw MachineError("cannot make a temporary file " + name + ": " + std::strerror(errno));
    close(descriptor);
  }
  ~TemporaryFile() { unlink(name.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  std::string name;
  template <typename Bytes> Bytes read() const {
    std::ifstream file(name, std::ios::binary);
    Bytes bytes(std::istreambuf_iterator<char>(file), {});
    if (bytes.empty()) throw MachineError("cannot write the temporary file " + name);
    return bytes;
  }
};

/// Runs `work` and turns whatever it throws into a message.
template <typename Work> bool guarded(std::string& error, bool* ofMachine, Work work) {
  try {
    return work();
  } catch (const MachineError& exception) {
    error = exception.what();
    if (ofMachine) *ofMachine = true;
  } catch (const std::bad_alloc&) {
    error = "out of memory";
    if (ofMachine) *ofMachine = true;
  } catch (const Halide::Error& exception) {
    error = exception.what();
  } catch (const std::exception& exception) {
    error = exception.what();
  }
  while (!error.empty() && error.back() == '\n') error.pop_back();
  return false;
}

} // namespace

bool compile(const Kernel& kernel, CompiledKernel& compiled, std::string& error, bool* ofMachine) {
  return guarded(error, ofMachine, [&] {
    Module module = lower(kernel, compiled.symbol);
    ScratchUse scratch;
    for (const auto& function : module.functions()) function.body.accept(&scratch);
    if (!scratch.unbounded.empty()) fail("the temporary " + scratch.unbounded + " has no constant size");
    compiled.scratchBytes = scratch.most;
    TemporaryFile file(".o");
    module.compile({{OutputFileType::object, file.name}});
    compiled.object = file.read<std::vector<char>>();
    return useWorkerScratch(compiled.object, kernel.checked, error);
  });
}

bool emitText(const Kernel& kernel, Text form, std::string& text, std::string& error) {
  return guarded(error, nullptr, [&] {
    std::string symbol;
    Module module = lower(kernel, symbol);
    TemporaryFile file(form == Text::stmt ? ".stmt" : form == Text::llvm ? ".ll" : ".s");
    OutputFileType type = form == Text::stmt   ? OutputFileType::stmt
                          : form == Text::llvm ? OutputFileType::llvm_assembly
                                               : OutputFileType::assembly;
    module.compile({{type, file.name}});
    text = file.read<std::string>();
    return true;
  });
}

int vectorLanes(const std::string& name) {
  Target target(name);
  if (target.has_feature(Target::AVX512_Skylake) || target.has_feature(Target::AVX512)) return 16;
  return target.has_feature(Target::AVX2) ? 8 : 4;
}

} // namespace cnn::kernel
