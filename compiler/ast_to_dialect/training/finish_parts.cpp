/// What the phases and steps of a train section leave alone.
#include "ast_to_dialect/training/train_part.h"

#include <algorithm>

namespace cnn {

using namespace ast;

namespace {

class PartFinisher {
public:
  PartFinisher(Elaborator& elaborator, const Frame& frame, TrainPart& section)
      : e(elaborator), frame(frame), section(section) {}

  void run(llvm::StringRef key, std::vector<TrainPart>& given) {
    std::vector<TrainPart*> parts;
    for (TrainPart& part : given) parts.push_back(&part);
    if (parts.empty()) parts.push_back(&section);
    for (TrainPart* part : parts) checkTrains(*part);
    std::vector<llvm::SmallVector<mlir::Attribute>> frozen(parts.size());
    for (NetworkParameter& info : e.net->parameters) {
      if (std::ranges::all_of(parts, [&](TrainPart* part) { return isFrozen(info, *part); })) {
        info.op.setFrozen(true);
        continue;
      }
      for (size_t i = 0; i < parts.size(); ++i)
        if (isFrozen(info, *parts[i])) frozen[i].push_back(e.builder.getStringAttr(info.path));
    }
    llvm::SmallVector<mlir::Attribute> list;
    for (size_t i = 0; i < given.size(); ++i) list.push_back(attributeOf(given[i], frozen[i]));
    if (!list.empty())
      section.attributes.push_back(e.builder.getNamedAttr(key, e.builder.getArrayAttr(list)));
  }

private:
  Elaborator& e;
  const Frame& frame;
  TrainPart& section;

  /// As the part says itself, else as the section does. What a step does not update has no gradient in it;
  /// its statistics go on.
  bool isFrozen(const NetworkParameter& info, const TrainPart& part) const {
    const auto& frozen = part.frozen ? part.frozen : section.frozen;
    if (frozen && frozen->count(info.path)) return true;
    return part.updated && !info.statistic && !part.updated->count(info.path);
  }

  void checkTrains(const TrainPart& part) const {
    bool nothing = std::ranges::all_of(e.net->parameters, [&](const NetworkParameter& info) {
      return info.statistic || isFrozen(info, part);
    });
    const AssignStatement* reason = part.update ? part.update : part.freeze ? part.freeze : section.freeze;
    if (nothing)
      e.error(Diag::BadSetting, reason ? reason->value->span : part.span, frame,
              part.update ? "update" : "freeze", "something left to train",
              part.update ? "only what is frozen" : "all parameters");
  }

  mlir::DictionaryAttr attributeOf(TrainPart& part, llvm::ArrayRef<mlir::Attribute> frozen) {
    auto add = [&](llvm::StringRef name, mlir::Attribute value) {
      part.attributes.push_back(e.builder.getNamedAttr(name, value));
    };
    add("name", e.builder.getStringAttr(part.name));
    add("frozen", e.builder.getArrayAttr(frozen));
    if (!part.groups.empty()) {
      std::vector<TrainGroup> groups = section.groups;
      groups.insert(groups.end(), part.groups.begin(), part.groups.end());
      add("groups", mergedGroups(e, groups));
    }
    return e.builder.getDictionaryAttr(part.attributes);
  }
};

} // namespace

void finishParts(Elaborator& elaborator, const Frame& frame, TrainPart& section,
                 std::vector<TrainPart>& phases, std::vector<TrainPart>& steps) {
  PartFinisher finisher(elaborator, frame, section);
  if (steps.empty())
    finisher.run("phases", phases);
  else
    finisher.run("steps", steps);
}

} // namespace cnn
