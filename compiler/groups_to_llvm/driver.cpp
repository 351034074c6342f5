//===- driver.cpp - The code that calls a network's kernels in order -----------------------------------===//
//
// For a function with two phases, in C:
//
//   int32_t predict(const cnn_run* run) {
//     int64_t blocks = (run->batch + lanes - 1) / lanes;
//     run->parallel_for(run->pool, predict_0, run, blocks * 4);
//     run->parallel_for(run->pool, predict_1, run, blocks);
//     return 0;
//   }
//   void predict_0(void* run, int64_t chunk, cnn_worker* worker) {
//     halide_buffer_t buffers[3];
//     int64_t block = chunk / 4, part = chunk % 4;
//     buffers[0].host = run->arena + constant + blocks * perBlocks + block * perBlock;
//     ...
//     k_0123456789abcdef(worker, &buffers[0], part * 8, min(8, 30 - part * 8), &buffers[2]);
//   }
//
//===---------------------------------------------------------------------------------------------------===//

#include "groups_to_llvm/driver.h"

#include "groups_to_llvm/code.h"

#include "groups_to_halide/compile.h"

#include <cnn/abi.h>

#include "llvm/ADT/DenseMap.h"

#include <cstddef>

using namespace mlir;

namespace cnn {
namespace {

Type scalarType(OpBuilder& b, kernel::ScalarType type) {
  return type == kernel::ScalarType::f32 ? Type(b.getF32Type()) : Type(b.getI32Type());
}

LLVM::LLVMFuncOp importKernel(ObjectModule& object, const kernel::Kernel& kernel, StringRef symbol) {
  ImplicitLocOpBuilder& b = object.builder;
  SmallVector<Type> types(1 + kernel.inputs.size(), object.pointerType);
  for (const kernel::Scalar& scalar : kernel.scalars) types.push_back(scalarType(b, scalar.type));
  if (kernel.range != kernel::Range::none) types.append(2, b.getI32Type());
  types.append(kernel.outputs.size(), object.pointerType);
  return object.importFunction(symbol, LLVM::LLVMFunctionType::get(b.getI32Type(), types));
}

/// void fetch(void* from, int64_t planes, int64_t planeBytes, int64_t bytes): asks for `bytes` of each plane,
/// for L2.
class FetchEmitter : Code {
public:
  using Code::Code;

  LLVM::LLVMFuncOp emit() {
    if (auto made = object.module->lookupSymbol<LLVM::LLVMFuncOp>("fetch")) return made;
    OpBuilder::InsertionGuard guard(b);
    Type i64Type = b.getI64Type(), none = LLVM::LLVMVoidType::get(b.getContext());
    function = object.function(
        "fetch", LLVM::LLVMFunctionType::get(none, {object.pointerType, i64Type, i64Type, i64Type}));
    Block* entry = function.addEntryBlock(b);
    b.setInsertionPointToStart(entry);
    loop(i64(0), function.getArgument(1), 1, [&](Value plane) {
      Value start = at(function.getArgument(0), LLVM::MulOp::create(b, plane, function.getArgument(2)));
      loop(i64(0), function.getArgument(3), cacheLine, [&](Value byte) {
        LLVM::Prefetch::create(b, at(start, byte), /*rw=*/0, /*hint=*/2, /*cache=*/1);
      });
    });
    LLVM::ReturnOp::create(b, ValueRange{});
    return function;
  }

private:
  static constexpr int64_t cacheLine = 64;
  LLVM::LLVMFuncOp function;

  void loop(Value from, Value to, int64_t step, llvm::function_ref<void(Value)> body) {
    Block* before = b.getInsertionBlock();
    Block* head = b.createBlock(&function.getBody(), {}, {b.getI64Type()}, {b.getLoc()});
    Block* inside = b.createBlock(&function.getBody());
    Block* after = b.createBlock(&function.getBody());
    b.setInsertionPointToEnd(before);
    LLVM::BrOp::create(b, ValueRange{from}, head);
    b.setInsertionPointToEnd(head);
    Value more = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::slt, head->getArgument(0), to);
    LLVM::CondBrOp::create(b, more, inside, after);
    b.setInsertionPointToEnd(inside);
    body(head->getArgument(0));
    LLVM::BrOp::create(b, ValueRange{add(head->getArgument(0), i64(step))}, head);
    b.setInsertionPointToEnd(after);
  }
};

/// Ceiling of blocks' parts: how many chunks of a range there are for one block, or for all at once.
int64_t partsOf(const ChunkFamily& family) {
  return family.rangeExtent ? (family.rangeExtent + family.rangeChunk - 1) / family.rangeChunk : 1;
}

/// One task: the chunks of all families of one phase. `clock` numbers the calls that are timed, or is null.
class PhaseEmitter : Code {
public:
  PhaseEmitter(ObjectModule& object, const FunctionPlan& function, const NetworkPlan& network,
               const std::vector<KernelFacts>& facts, int64_t* clock)
      : Code(object), function(function), network(network), facts(facts), clock(clock) {}

  void emit(LLVM::LLVMFuncOp task, const Phase& phase) {
    Block* entry = task.addEntryBlock(b);
    b.setInsertionPointToStart(entry);
    run = task.getArgument(0);
    Value chunk = task.getArgument(1);
    worker = task.getArgument(2);
    batch = load(b.getI64Type(), run, offsetof(cnn_run, batch));
    blocks = divide(add(batch, i64(function.lanes - 1)), function.lanes);
    reserveBuffers(phase);
    loadBases(phase);
    for (size_t i = 0; i < phase.families.size(); ++i) {
      const ChunkFamily& family = phase.families[i];
      if (i + 1 == phase.families.size()) {
        emitFamily(family, chunk);
        break;
      }
      Value count = chunks(family);
      Value mine = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::ult, chunk, count);
      Block* current = b.getInsertionBlock();
      Block* here = b.createBlock(&task.getBody());
      Block* next = b.createBlock(&task.getBody());
      b.setInsertionPointToEnd(current);
      LLVM::CondBrOp::create(b, mine, here, next);
      b.setInsertionPointToEnd(here);
      emitFamily(family, chunk);
      b.setInsertionPointToEnd(next);
      chunk = LLVM::SubOp::create(b, chunk, count);
    }
  }

  /// How many chunks the family has.
  Value chunks(const ChunkFamily& family) {
    return family.perBlock ? multiply(blocks, partsOf(family)) : i64(partsOf(family));
  }

  Value batch, blocks;

private:
  const FunctionPlan& function;
  const NetworkPlan& network;
  const std::vector<KernelFacts>& facts;
  int64_t* clock;
  Value run, worker;
  SmallVector<Value> buffers;
  llvm::DenseMap<std::pair<int, int>, Value> bases;

  void reserveBuffers(const Phase& phase) {
    size_t most = 0;
    for (const ChunkFamily& family : phase.families)
      for (const Call& call : family.calls) most = std::max(most, call.inputs.size() + call.outputs.size());
    for (size_t i = 0; i < most; ++i) buffers.push_back(stackBytes(bufferBytes));
  }

  /// Each pointer that the phase counts from is loaded once, before the first call.
  void loadBases(const Phase& phase) {
    auto visit = [&](const Address& address) {
      Value& base = bases[{int(address.base), address.index}];
      if (!base) base = loadBase(address);
    };
    for (const ChunkFamily& family : phase.families) {
      for (const Call& call : family.calls) {
        for (const Address& address : call.inputs) visit(address);
        for (const Address& address : call.outputs) visit(address);
      }
    }
  }

  Value loadBase(const Address& address) {
    Type pointer = object.pointerType;
    int64_t index = address.index * int64_t(sizeof(void*));
    switch (address.base) {
    case Base::arena:
      return load(pointer, run, offsetof(cnn_run, arena));
    case Base::parameters:
      return load(pointer, run, offsetof(cnn_run, parameters));
    case Base::gradients:
      return load(pointer, run, offsetof(cnn_run, gradients));
    case Base::prepared:
      return load(pointer, run, offsetof(cnn_run, prepared));
    case Base::results:
      return load(pointer, run, offsetof(cnn_run, results));
    case Base::input:
      return load(pointer, load(pointer, run, offsetof(cnn_run, inputs)), index);
    case Base::output:
      return load(pointer, load(pointer, run, offsetof(cnn_run, outputs)), index);
    }
    llvm_unreachable("unknown base");
  }

  void emitFamily(const ChunkFamily& family, Value chunk) {
    int64_t parts = partsOf(family);
    Value block = !family.perBlock ? i64(0) : divide(chunk, parts);
    Value rangeMin, rangeExtent;
    if (family.rangeExtent) {
      Value min = multiply(family.perBlock ? remainder(chunk, parts) : chunk, family.rangeChunk);
      Value extent = smaller(subtract(i64(family.rangeExtent), min), i64(family.rangeChunk));
      for (const Call& call : family.calls) fetchInputs(call, block, min, extent);
      rangeMin = low32(min);
      rangeExtent = low32(extent);
    }
    for (const Call& call : family.calls) emitCall(call, block, rangeMin, rangeExtent);
    LLVM::ReturnOp::create(b, ValueRange{});
  }

  void fetchInputs(const Call& call, Value block, Value min, Value extent) {
    for (size_t i = 0; i < call.parts.size(); ++i) {
      if (!call.parts[i]) continue;
      const InputPart& part = *call.parts[i];
      Value first = subtract(multiply(min, part.perRow), i64(part.before));
      Value last = add(first, add(multiply(subtract(extent, i64(1)), part.perRow), i64(part.window)));
      first = larger(first, i64(part.firstRow));
      last = smaller(last, i64(part.firstRow + part.rows));
      Value start =
          at(place(call.inputs[i], block), multiply(subtract(first, i64(part.firstRow)), part.rowBytes));
      Value bytes = multiply(subtract(last, first), part.rowBytes);
      LLVM::CallOp::create(b, FetchEmitter(object).emit(),
                           ValueRange{start, i64(part.planes), i64(part.planeBytes), bytes});
    }
  }

  void emitCall(const Call& call, Value block, Value rangeMin, Value rangeExtent) {
    const kernel::Kernel& kernel = network.kernels[call.kernel];
    SmallVector<Value> arguments{worker};
    size_t buffer = 0;
    auto pass = [&](const Address& address, const kernel::Tensor& tensor, Value parts) {
      storeHost(buffers[buffer], place(address, block));
      if (kernel.checked) describeBuffer(buffers[buffer], tensor, parts);
      arguments.push_back(buffers[buffer++]);
    };
    for (size_t i = 0; i < call.inputs.size(); ++i)
      pass(call.inputs[i], kernel.inputs[i], kernel.checked ? partsOfInput(call, i, block) : Value());
    for (size_t i = 0; i < call.scalars.size(); ++i)
      arguments.push_back(scalar(call.scalars[i], kernel.scalars[i].type, block));
    if (kernel.range != kernel::Range::none) {
      arguments.push_back(rangeMin ? rangeMin : i32(0));
      arguments.push_back(rangeExtent ? rangeExtent : i32(wholeRange(kernel)));
    }
    for (size_t i = 0; i < call.outputs.size(); ++i)
      pass(call.outputs[i], kernel.outputs[i],
           kernel.checked && kernel::isStored(kernel, i) ? scalarOf(call, "images", block) : Value());
    Value start = clock ? ticks() : Value();
    LLVM::CallOp::create(b, importKernel(object, kernel, facts[call.kernel].symbol), arguments);
    if (clock) addTicks(LLVM::SubOp::create(b, ticks(), start), (*clock)++);
  }

  /// The kernel's scalar of that name, as a call with assertions needs it once more; or null.
  Value scalarOf(const Call& call, StringRef name, Value block) {
    const std::vector<kernel::Scalar>& scalars = network.kernels[call.kernel].scalars;
    for (size_t i = 0; i < scalars.size(); ++i)
      if (scalars[i].name == name) return scalar(call.scalars[i], scalars[i].type, block);
    return {};
  }

  /// How many blocks or images an input holds side by side, as the kernel's builder has it; null: it is one
  /// block's.
  Value partsOfInput(const Call& call, size_t index, Value block) {
    const kernel::Kernel& kernel = network.kernels[call.kernel];
    bool parts = kernel::holdsParts(kernel, index);
    Value all = scalarOf(call, "blocks", block);
    if (all) return parts || kernel.inputs[index].layout == kernel::Layout::batchLanes ? all : Value();
    return parts ? scalarOf(call, "images", block) : Value();
  }

  Value ticks() {
    return LLVM::CallIntrinsicOp::create(b, b.getI64Type(), b.getStringAttr("llvm.readcyclecounter"),
                                         ValueRange{})
        .getResult(0);
  }

  void addTicks(Value taken, int64_t number) {
    Value counters = LLVM::AddressOfOp::create(b, object.pointerType, profileTicks);
    Value counter = at(counters, i64(8 * number));
    LLVM::StoreOp::create(b, add(LLVM::LoadOp::create(b, b.getI64Type(), counter), taken), counter);
  }

  Value place(const Address& address, Value block) {
    Value bytes = i64(address.constant);
    if (address.perBlocks) bytes = add(bytes, multiply(blocks, address.perBlocks));
    if (address.perBlock) bytes = add(bytes, multiply(block, address.perBlock));
    return at(bases.lookup({int(address.base), address.index}), bytes);
  }

  Value scalar(const ScalarArgument& argument, kernel::ScalarType type, Value block) {
    Value first = multiply(block, function.lanes);
    switch (argument.source) {
    case ScalarSource::images:
      return whole(smaller(LLVM::SubOp::create(b, batch, first), i64(function.lanes)), type);
    case ScalarSource::blocks:
      return whole(blocks, type);
    case ScalarSource::batch:
      return whole(batch, type);
    case ScalarSource::inverseBatch:
      return inverse(batch);
    case ScalarSource::inverseCount:
      return inverse(multiply(batch, argument.pixels));
    case ScalarSource::seedLow:
      return low32(load(b.getI64Type(), run, offsetof(cnn_run, seed)));
    case ScalarSource::seedHigh:
      return load(b.getI32Type(), run, offsetof(cnn_run, seed) + 4);
    case ScalarSource::step:
      return low32(load(b.getI64Type(), run, offsetof(cnn_run, step)));
    case ScalarSource::firstImage:
      return whole(first, type);
    }
    llvm_unreachable("unknown scalar");
  }

  Value whole(Value value, kernel::ScalarType type) {
    if (type != kernel::ScalarType::f32) return low32(value);
    return LLVM::SIToFPOp::create(b, b.getF32Type(), value);
  }

  /// Divided in double precision, so that it is the float nearest to the true value.
  Value inverse(Value value) {
    Value count = LLVM::SIToFPOp::create(b, b.getF64Type(), value);
    Value one = LLVM::ConstantOp::create(b, b.getF64Type(), b.getF64FloatAttr(1));
    return LLVM::FPTruncOp::create(b, b.getF32Type(), LLVM::FDivOp::create(b, one, count));
  }
};

class FunctionEmitter : Code {
public:
  FunctionEmitter(ObjectModule& object, const FunctionPlan& function, const NetworkPlan& network,
                  const std::vector<KernelFacts>& facts, bool timed)
      : Code(object), function(function), network(network), facts(facts), timed(timed) {}

  void emit(StringRef name) {
    Type pointer = object.pointerType, none = LLVM::LLVMVoidType::get(b.getContext());
    auto taskType = LLVM::LLVMFunctionType::get(none, {pointer, b.getI64Type(), pointer});
    SmallVector<LLVM::LLVMFuncOp> tasks;
    int64_t calls = 0;
    if (timed) object.importTable(profileTicks, /*isConstant=*/false);
    for (size_t i = 0; i < function.phases.size(); ++i) {
      tasks.push_back(object.function((name + "." + Twine(i)).str(), taskType));
      PhaseEmitter(object, function, network, facts, timed ? &calls : nullptr)
          .emit(tasks.back(), function.phases[i]);
    }
    auto op = object.function(name, LLVM::LLVMFunctionType::get(b.getI32Type(), {pointer}));
    b.setInsertionPointToStart(op.addEntryBlock(b));
    Value run = op.getArgument(0);
    clearGradients(run);
    callPhases(run, tasks);
    LLVM::ReturnOp::create(b, i32(0));
  }

private:
  const FunctionPlan& function;
  const NetworkPlan& network;
  const std::vector<KernelFacts>& facts;
  bool timed;

  void clearGradients(Value run) {
    if (function.zeroGradients.empty()) return;
    Value gradients = load(object.pointerType, run, offsetof(cnn_run, gradients));
    Value zero = LLVM::ConstantOp::create(b, b.getI8Type(), b.getI8IntegerAttr(0));
    for (const FunctionPlan::Span& span : function.zeroGradients)
      LLVM::MemsetOp::create(b, at(gradients, i64(4 * span.begin)), zero, i64(4 * span.count), false);
  }

  void callPhases(Value run, ArrayRef<LLVM::LLVMFuncOp> tasks) {
    Type pointer = object.pointerType, none = LLVM::LLVMVoidType::get(b.getContext());
    PhaseEmitter counter(object, function, network, facts, nullptr);
    counter.batch = load(b.getI64Type(), run, offsetof(cnn_run, batch));
    counter.blocks = divide(add(counter.batch, i64(function.lanes - 1)), function.lanes);
    Value parallelFor = load(pointer, run, offsetof(cnn_run, parallel_for));
    Value pool = load(pointer, run, offsetof(cnn_run, pool));
    auto type = LLVM::LLVMFunctionType::get(none, {pointer, pointer, pointer, b.getI64Type()});
    for (size_t i = 0; i < tasks.size(); ++i) {
      Value chunks;
      for (const ChunkFamily& family : function.phases[i].families) {
        Value more = counter.chunks(family);
        chunks = chunks ? add(chunks, more) : more;
      }
      Value task = LLVM::AddressOfOp::create(b, tasks[i]);
      LLVM::CallOp::create(b, type, ValueRange{parallelFor, pool, task, run, chunks});
    }
  }
};

} // namespace

void emitFunction(ObjectModule& object, StringRef name, const FunctionPlan& function,
                  const NetworkPlan& network, const std::vector<KernelFacts>& facts, bool timed) {
  FunctionEmitter(object, function, network, facts, timed).emit(name);
}

void emitUpdate(ObjectModule& object, StringRef name, const kernel::Kernel& kernel,
                const KernelFacts& facts) {
  Code code(object);
  ImplicitLocOpBuilder& b = object.builder;
  Type pointer = object.pointerType;
  // (worker, parameters, gradients, states, count, scalars)
  auto type = LLVM::LLVMFunctionType::get(b.getI32Type(),
                                          {pointer, pointer, pointer, pointer, b.getI64Type(), pointer});
  auto op = object.function(name, type);
  b.setInsertionPointToStart(op.addEntryBlock(b));
  SmallVector<Value> arguments{op.getArgument(0)};
  auto pass = [&](Value host) {
    Value buffer = code.stackBytes(bufferBytes);
    code.storeHost(buffer, host);
    arguments.push_back(buffer);
  };
  pass(op.getArgument(2));
  arguments.push_back(code.low32(op.getArgument(4)));
  for (size_t i = 1; i < kernel.scalars.size(); ++i)
    arguments.push_back(code.load(b.getF32Type(), op.getArgument(5), 4 * int64_t(i - 1)));
  if (kernel.range != kernel::Range::none) {
    arguments.push_back(code.i32(0));
    arguments.push_back(code.i32(wholeRange(kernel)));
  }
  pass(op.getArgument(1));
  for (size_t i = 1; i < kernel.outputs.size(); ++i)
    pass(code.load(pointer, op.getArgument(3), int64_t(sizeof(float*) * (i - 1))));
  LLVM::CallOp::create(b, importKernel(object, kernel, facts.symbol), arguments);
  LLVM::ReturnOp::create(b, code.i32(0));
}

uint64_t scratchBytesOf(const FunctionPlan& function, const std::vector<KernelFacts>& facts) {
  uint64_t most = 0;
  for (const Phase& phase : function.phases)
    for (const ChunkFamily& family : phase.families)
      for (const Call& call : family.calls) most = std::max(most, facts[call.kernel].scratchBytes);
  return most;
}

} // namespace cnn
