/// Kernels sections: which algorithm computes which convolution.
#include "ast_to_dialect/evaluate/calls.h"
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/evaluate/statements.h"
#include "ast_to_dialect/names/names.h"
#include "ast_to_dialect/networks/networks.h"
#include "dialect/kernel_choices.h"

#include <cnn/path_pattern.hpp>

#include <algorithm>

namespace cnn {

using namespace ast;

namespace {

int64_t ceilDivide(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

std::string listed(llvm::ArrayRef<int64_t> numbers) {
  std::string text;
  for (int64_t number : numbers) text += (text.empty() ? "" : ", ") + std::to_string(number);
  return text;
}

/// The vectors of output channels that tiles of a direct convolution can take.
llvm::SmallVector<int64_t> possibleVectors(ConvOp conv, const Machine& machine) {
  int64_t in = *mlir::cast<cnn::TensorType>(conv.getInput().getType()).getFixed(1);
  int64_t out = *mlir::cast<cnn::TensorType>(conv.getResult().getType()).getFixed(1),
          groups = conv.getGroups();
  if (groups > 1 && groups == in && groups == out) return {1};
  // Groups of whole vectors are computed apart, others together.
  bool apart = groups > 1 && in / groups % machine.lanes == 0 && out / groups % machine.lanes == 0;
  int64_t blocks = ceilDivide(apart ? out / groups : out, machine.lanes);
  llvm::SmallVector<int64_t> vectors;
  for (int64_t v = 1; v <= std::min<int64_t>(blocks, machine.registers); ++v)
    if (blocks % v == 0) vectors.push_back(v);
  return vectors;
}

/// Why the tile cannot be, or nothing.
std::string whyNoTile(ConvOp conv, llvm::ArrayRef<int64_t> tile, const Machine& machine) {
  auto result = mlir::cast<cnn::TensorType>(conv.getResult().getType());
  unsigned rank = result.getRank();
  constexpr int64_t unknown = 1 << 24; // more than any tile has
  int64_t width = result.getFixed(rank - 1).value_or(unknown);
  int64_t height = rank == 4 ? result.getFixed(2).value_or(unknown) : 1;
  llvm::SmallVector<int64_t> vectors = possibleVectors(conv, machine);
  if (!llvm::is_contained(vectors, tile[0]))
    return "its tiles can have " + listed(vectors) + (vectors.size() == 1 ? " vector of " : " vectors of ") +
           std::to_string(machine.lanes) + " output channels";
  if (tile[1] > width) return "its result has " + std::to_string(width) + " columns";
  if (tile[2] > height) return "its result has " + std::to_string(height) + " rows";
  // The sums, the weights of each vector of channels, and a pixel.
  int64_t registers = tile[0] + 1 + tile[0] * tile[1] * tile[2];
  if (registers > machine.registers)
    return "the tile takes " + std::to_string(registers) + " vector registers, and " +
           std::string(machine.name) + " has " + std::to_string(machine.registers);
  return "";
}

/// What there is for a convolution, as it is written.
std::string possibleChoices(ConvOp conv) {
  std::string text = "auto, direct, direct(tile = …)";
  for (int64_t outputs : winogradSizes(conv)) text += ", winograd(" + std::to_string(outputs) + ")";
  return text;
}

/// Why a convolution cannot be computed as chosen, or nothing.
std::string whyNot(ConvOp conv, const KernelChoice& choice, const Machine* machine) {
  if (choice.winogradOutputs) {
    std::string why = whyNoWinograd(conv);
    if (!why.empty()) return why;
    llvm::SmallVector<int64_t> sizes = winogradSizes(conv);
    if (llvm::is_contained(sizes, choice.winogradOutputs)) return "";
    return "for its window there are tiles of " + listed(sizes);
  }
  return choice.tile.empty() || !machine ? "" : whyNoTile(conv, choice.tile, *machine);
}

/// One line of a section: which convolutions, and what for them.
class KernelsLine {
public:
  KernelsLine(Elaborator& e, const AssignStatement& line, const Frame& frame)
      : e(e), line(line), frame(frame) {}

  /// The machine that the tiles must suit; `named`: by the section. Not known where `machine` is null.
  void read(const Machine* machine, bool named, bool obeyed) {
    std::optional<KernelChoice> choice = readChoice();
    if (!choice || e.net->incomplete) return;
    if (!select()) return;
    for (auto& [path, conv] : convolutions) {
      std::string why = whyNot(conv, *choice, machine);
      if (!why.empty()) impossible.push_back({path, why});
    }
    if (!impossible.empty()) return report(named || choice->tile.empty() ? nullptr : machine);
    if (!obeyed) return;
    for (auto& [path, conv] : convolutions) {
      if (choice->direct || choice->winogradOutputs)
        conv->setAttr(scheduleAttribute, scheduleOf(&e.context, *choice));
      else
        conv->removeAttr(scheduleAttribute);
    }
  }

private:
  Elaborator& e;
  const AssignStatement& line;
  const Frame& frame;
  llvm::SmallVector<std::pair<std::string, ConvOp>> convolutions; ///< selected ones, once for each op
  std::vector<std::pair<std::string, std::string>> impossible;    ///< path, why

  std::optional<KernelChoice> readChoice() {
    Value value = evaluate(e, line.value, frame);
    if (value.isPoison()) return std::nullopt;
    const Record* record = value.record();
    if (!record || record->op->family != Family::Algorithm) {
      e.error(Diag::TypeMismatch, line.value->span, frame, "a kernel", "auto, direct or winograd(outputs)",
              value.describe());
      return std::nullopt;
    }
    KernelChoice choice;
    choice.direct = record->op->name == "direct";
    if (record->op->name == "winograd") {
      const Given& outputs = record->arguments.find("outputs")->second;
      choice.winogradOutputs = *outputs.value.get<int64_t>();
      if (choice.winogradOutputs < 1) {
        e.error(Diag::BadArgument, outputs.span, frame, "'outputs'", "winograd",
                "expected 4 or 2, found " + std::to_string(choice.winogradOutputs));
        return std::nullopt;
      }
    }
    if (auto tile = record->arguments.find("tile"); tile != record->arguments.end()) {
      for (const Value& extent : *tile->second.value.list()) choice.tile.push_back(*extent.get<int64_t>());
      choice.tile.resize(3, 1);
    }
    return choice;
  }

  Selector selector() const {
    Selector result;
    result.span = line.selector ? line.selector->span : line.name.span;
    if (line.selector)
      result.pattern = evaluateString(e, *line.selector, frame);
    else
      result.owner = line.name.text;
    return result;
  }

  /// Whether a selector by path or name covers the part at `path`: those below a block of the name as well.
  bool covers(const Selector& selector, std::string_view path) const {
    if (selector.owner.empty()) return matches_path(selector.pattern, path);
    while (true) {
      auto part = e.net->parts.find(path);
      if (part != e.net->parts.end() && part->second.name == selector.owner) return true;
      size_t dot = path.rfind('.');
      if (dot == std::string_view::npos) return false;
      path = path.substr(0, dot);
    }
  }

  /// By its weight's, as editors go without locations.
  static std::string pathOf(ConvOp conv) {
    auto weight = conv.getWeight().getDefiningOp<GetOp>();
    llvm::StringRef path = weight ? weight.getParameter() : llvm::StringRef();
    path.consume_back(".weight");
    return path.str();
  }

  /// Fills `convolutions`; false, with an error, where there is none.
  bool select() {
    Selector wanted = selector();
    if (!countStep(e, wanted.span, frame, e.net->parts.size() / 4)) return false;
    std::string other; // selected, but no convolution
    for (auto& [path, part] : e.net->parts)
      if (other.empty() && covers(wanted, path)) other = path;
    e.net->op.walk([&](ConvOp conv) {
      std::string path = pathOf(conv);
      if (covers(wanted, path)) convolutions.push_back({path, conv});
    });
    if (!convolutions.empty()) return true;
    if (other.empty()) {
      bool unknown =
          !wanted.owner.empty() && !findOperator(wanted.owner) && !frame.module->globals.count(wanted.owner);
      if (!unknown) // or checkNames has reported it
        suggestSelector(e, e.error(Diag::NothingSelected, wanted.span, frame, wanted.text()), wanted);
      return false;
    }
    const Part& part = e.net->parts.find(other)->second;
    e.error(Diag::ImpossibleKernel, wanted.span, frame, wanted.text(), chosen(), "it has no convolution")
        .secondary(part.span, "'" + other + "'");
    return false;
  }

  std::string chosen() const { return std::string(e.program.sources.text(line.value->span)); }

  /// `onlyHere`: the machine that rules the choice out, where the section is for all machines.
  void report(const Machine* onlyHere) {
    auto& [path, why] = impossible.front();
    auto conv = llvm::find_if(convolutions, [&](auto& each) { return each.first == path; })->second;
    Diagnostic& diagnostic = e.error(Diag::ImpossibleKernel, line.span, frame, path, chosen(), why);
    if (auto part = e.net->parts.find(path); part != e.net->parts.end())
      diagnostic.secondary(part->second.span, "'" + path + "'");
    diagnostic.note("for '" + path + "' there are " + possibleChoices(conv));
    if (onlyHere)
      diagnostic.note("what suits only some machines goes into a section for one of them: kernels … for \"" +
                      std::string(onlyHere->name) + "\"");
    std::set<std::string> others;
    for (auto& each : impossible)
      if (each.first != path) others.insert(each.first);
    if (others.empty()) return;
    std::string list;
    size_t count = 0;
    for (const std::string& other : others)
      if (++count <= 5) list += (list.empty() ? "" : ", ") + other;
    diagnostic.note("nor can " + list + (count > 5 ? " and " + std::to_string(count - 5) + " more" : ""));
  }
};

} // namespace

/// Later lines win, and later sections.
void evaluateKernelsSection(Elaborator& e, const TargetDecl& section, const Frame& frame) {
  std::string_view name = section.target ? section.target->literal() : std::string_view(e.options.machine);
  auto machine = std::ranges::find(machines, name, &Machine::name);
  bool known = machine != machines.end();
  if (section.target && !known) return; // checkNames has reported it
  for (const Statement* statement : section.body.statements)
    if (auto* line = as<AssignStatement>(statement))
      KernelsLine(e, *line, frame)
          .read(known ? &*machine : nullptr, section.target != nullptr,
                !section.target || name == e.options.machine);
}

} // namespace cnn
