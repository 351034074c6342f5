//===- form_groups.cpp - Which ops one kernel computes -------------------------------------------------===//
#include "dialect/transforms/passes.h"
#include "dialect_to_groups/inference_group.h"
#include "dialect_to_groups/passes.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace cnn {
#define GEN_PASS_DEF_CNNFORMGROUPS
#include "group_passes.h.inc"

namespace {

bool isPointwise(Operation* op) {
  if (isa<BatchNormOp>(op)) return true; // by running statistics: a scaling of each channel
  auto kernel = dyn_cast<KernelOpInterface>(op);
  return kernel && kernel.isPointwise();
}
bool reducesBatch(Operation* op) {
  auto kernel = dyn_cast<KernelOpInterface>(op);
  return kernel && kernel.reducesBatch();
}

/// Made of nothing but constants and scalars: repeated in each group that reads it.
bool isFree(Operation* op) {
  return isPointwise(op) && llvm::all_of(op->getOperands(), [](Value v) {
           Operation* from = v.getDefiningOp();
           return from && isFree(from);
         });
}

class Grouper {
public:
  explicit Grouper(FunctionOp function) : body(function.getBody().front()) {}

  void run() {
    for (Operation& op : llvm::make_early_inc_range(llvm::reverse(body)))
      if (isOpTriviallyDead(&op)) op.erase();
    for (Operation& op : body.without_terminator()) place(&op);
    emit();
  }

private:
  struct Group {
    SmallVector<Operation*> ops;
    bool grouped = true; ///< false: an op that stays as it is (an alias, a gradient's name)
  };
  Block& body;
  SmallVector<Group> groups;
  llvm::DenseMap<Operation*, unsigned> groupOf;
  llvm::StringMap<int64_t> updates; ///< the last phase that changes a parameter in place

  /// Arguments and parameters are there from the start.
  std::optional<unsigned> groupOfValue(Value value) {
    Operation* op = value.getDefiningOp();
    if (!op || isa<GetOp>(op) || isFree(op)) return std::nullopt;
    return groupOf.lookup(op);
  }

  void place(Operation* op) {
    if (isa<GetOp>(op) || isFree(op)) return;
    bool outside = isa<GradientOp>(op) || (isa<ReshapeOp>(op) && isAlias(cast<ReshapeOp>(op)));
    std::optional<unsigned> home = outside ? std::nullopt : groupToJoin(op);
    if (!home) {
      home = groups.size();
      groups.emplace_back().grouped = !outside;
    }
    groups[*home].ops.push_back(op);
    groupOf[op] = *home;
  }

  /// The group of the operand that is ready last, if the op may be computed in its store.
  std::optional<unsigned> groupToJoin(Operation* op) {
    bool absorbed = false;
    if (!isPointwise(op)) {
      Operation* from = op->getNumOperands() ? op->getOperand(0).getDefiningOp() : nullptr;
      absorbed = from && groupOf.count(from) && isAbsorbed(op, groups[groupOf.lookup(from)].ops.front());
      if (!absorbed) return std::nullopt;
    }
    Value last;
    std::optional<unsigned> home;
    for (Value operand : op->getOperands())
      if (auto group = groupOfValue(operand); group && (!home || *group >= *home))
        home = group, last = operand;
    if (!home || !groups[*home].grouped || !last.hasOneUse()) return std::nullopt;
    Group& group = groups[*home];
    auto type = cast<TensorType>(last.getType()), result = cast<TensorType>(op->getResult(0).getType());
    bool sameForm =
        type.getShape() == result.getShape() && type.getLayout().getKind() == result.getLayout().getKind();
    if (group.ops.back() != last.getDefiningOp() || isa<LoadOp>(group.ops.front())) return std::nullopt;
    if (!absorbed && (!sameForm || reducesBatch(group.ops.front()) || !type.hasFreeBatch()))
      return std::nullopt;
    // Another operand from the same group would be needed twice, once inside and once stored.
    for (Value operand : op->getOperands())
      if (operand != last && groupOfValue(operand) == home) return std::nullopt;
    return home;
  }

  void emit() {
    OpBuilder b(body.getTerminator());
    IRMapping map;
    llvm::DenseMap<Value, std::pair<int64_t, bool>>
        ready; ///< phase, and whether the whole batch waits for it
    SmallVector<Operation*> old;
    for (Group& group : groups) {
      for (Operation* op : group.ops) old.push_back(op);
      if (!group.grouped) {
        Operation* op = b.clone(*group.ops.front(), map);
        for (Value result : op->getResults()) ready[result] = ready.lookup(op->getOperand(0));
        continue;
      }
      emitGroup(b, group, map, ready);
    }
    for (OpOperand& operand : body.getTerminator()->getOpOperands())
      operand.set(map.lookupOrDefault(operand.get()));
    for (Operation* op : llvm::reverse(old)) {
      op->dropAllUses();
      op->erase();
    }
    for (Operation& op : llvm::make_early_inc_range(llvm::reverse(body)))
      if (isPointwise(&op) && op.use_empty()) op.erase();
    delayGroups();
  }

  /// What waits for nothing but parameters runs as late as it may, so that its result lives shortly.
  void delayGroups() {
    for (auto group : body.getOps<GroupOp>()) {
      if (!reducesBatch(&group.getBody().front().front()) || !llvm::all_of(group.getOperands(), [](Value v) {
            return isa_and_nonnull<GetOp>(v.getDefiningOp());
          }))
        continue;
      int64_t first = std::numeric_limits<int64_t>::max();
      for (Operation* user : group->getUsers())
        if (auto reader = dyn_cast<GroupOp>(user)) first = std::min(first, int64_t(*reader.getPhase()));
      if (first != std::numeric_limits<int64_t>::max() && first > 0) group.setPhase(first - 1);
    }
  }

  void emitGroup(OpBuilder& b, Group& group, IRMapping& map,
                 llvm::DenseMap<Value, std::pair<int64_t, bool>>& ready) {
    llvm::SmallPtrSet<Operation*, 8> members(group.ops.begin(), group.ops.end());
    llvm::SetVector<Value> inputs;
    SmallVector<Value> results;
    for (Operation* op : group.ops) {
      for (Value operand : op->getOperands())
        if (Operation* from = operand.getDefiningOp(); !from || (!members.contains(from) && !isFree(from)))
          inputs.insert(operand);
      for (Value result : op->getResults())
        if (llvm::any_of(result.getUsers(), [&](Operation* user) { return !members.contains(user); }))
          results.push_back(result);
    }
    bool reduces = reducesBatch(group.ops.front());
    int64_t phase = 0;
    SmallVector<Value> operands;
    for (Value input : inputs) {
      Value now = map.lookupOrDefault(input);
      operands.push_back(now);
      if (auto it = ready.find(now); it != ready.end())
        phase = std::max(phase, it->second.first + (it->second.second || reduces));
    }
    if (auto combine = dyn_cast<BatchNormCombineOp>(group.ops.front())) phase = phaseOfUpdate(combine, phase);
    SmallVector<Type> types;
    for (Value result : results) types.push_back(result.getType());
    auto op = GroupOp::create(b, group.ops.front()->getLoc(), types, operands, ScheduleAttr(),
                              b.getI64IntegerAttr(phase));
    Block& inside = op.getBody().emplaceBlock();
    IRMapping local;
    for (Value input : inputs) local.map(input, inside.addArgument(input.getType(), input.getLoc()));
    OpBuilder ib = OpBuilder::atBlockEnd(&inside);
    for (Operation* member : group.ops) cloneWithFree(ib, member, local);
    SmallVector<Value> yielded;
    for (Value result : results) yielded.push_back(local.lookup(result));
    YieldOp::create(ib, op.getLoc(), yielded);
    for (auto [result, now] : llvm::zip(results, op.getResults())) {
      map.map(result, now);
      ready[now] = {phase, reduces};
    }
  }

  /// Layers that share running statistics move them one after the other, in the program's order: what runs in
  /// one phase runs side by side.
  int64_t phaseOfUpdate(BatchNormCombineOp combine, int64_t phase) {
    if (!combine.getRunningMean()) return phase;
    StringRef names[] = {*combine.getRunningMean(), *combine.getRunningVar()};
    for (StringRef name : names)
      if (auto before = updates.find(name); before != updates.end())
        phase = std::max(phase, before->second + 1);
    for (StringRef name : names) updates[name] = phase;
    return phase;
  }

  static void cloneWithFree(OpBuilder& b, Operation* op, IRMapping& local) {
    for (Value operand : op->getOperands())
      if (!local.contains(operand)) cloneWithFree(b, operand.getDefiningOp(), local);
    b.clone(*op, local);
  }
};

struct FormGroups : impl::CnnFormGroupsBase<FormGroups> {
  void runOnOperation() override {
    if (auto predict = getOperation().lookupSymbol<FunctionOp>("predict")) Grouper(predict).run();
    for (FunctionOp function : batchFunctions(getOperation())) Grouper(function).run();
  }
};

} // namespace
} // namespace cnn
