/// Parameters, their paths and first values.
#include "ast_to_dialect/networks/parameters.h"
#include "ast_to_dialect/evaluate/calls.h"
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/evaluate/statements.h"
#include "ast_to_dialect/operators/building.h"

#include <cnn/path_pattern.hpp>

#include <cmath>

namespace cnn {

using namespace ast;

/// ConvNorm -> conv_norm, SE -> se, LeNet -> le_net.
static std::string snakeCase(std::string_view name) {
  std::string result;
  for (size_t i = 0; i < name.size(); ++i) {
    bool upper = name[i] >= 'A' && name[i] <= 'Z';
    bool afterLower = i > 0 && !(name[i - 1] >= 'A' && name[i - 1] <= 'Z') && name[i - 1] != '_';
    bool beforeLower = i + 1 < name.size() && name[i + 1] >= 'a' && name[i + 1] <= 'z';
    bool afterUpper = i > 0 && name[i - 1] >= 'A' && name[i - 1] <= 'Z';
    if (upper && (afterLower || (afterUpper && beforeLower))) result += '_';
    result += upper ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
  }
  return result;
}

std::string joined(const std::string& path, std::string_view rest) {
  if (path.empty()) return std::string(rest);
  return rest.empty() ? path : path + "." + std::string(rest);
}

std::string nextPath(Elaborator& e, std::string_view name, const Frame& frame) {
  std::string base = snakeCase(name);
  std::string prefix = frame.instance->path.empty() ? "" : frame.instance->path + ".";
  std::string path;
  do path = prefix + base + std::to_string(++frame.instance->counters[base]);
  while (!e.net->paths.try_emplace(path, Span{}).second && !frame.instance->repeated);
  return path;
}

bool claimPath(Elaborator& e, const std::string& path, std::string_view, Span span, const Frame& frame) {
  if (frame.instance->repeated) return true;
  auto [it, inserted] = e.net->paths.try_emplace(path, span);
  if (inserted) return true;
  e.error(Diag::PathClash, span, frame, path).secondary(it->second, "the other one");
  return false;
}

mlir::Location locationOf(Elaborator& e, Span span, llvm::StringRef path) {
  mlir::Location place = mlir::UnknownLoc::get(&e.context);
  if (e.observations) return place; // an editor asks by syntax trees, and for every change
  if (span.valid()) {
    LineColumn at = e.program.sources.lineColumn(span);
    place = mlir::FileLineColLoc::get(&e.context, e.program.sources.file(span.file).name, at.line, at.column);
  }
  return path.empty() ? place : mlir::NameLoc::get(mlir::StringAttr::get(&e.context, path), place);
}

bool isTensorSize(llvm::ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t extent : shape)
    if (extent > INT32_MAX || __builtin_mul_overflow(count, extent, &count) || count > int64_t(1) << 40)
      return false;
  return true;
}

mlir::Value addParameter(Elaborator& e, const std::string& ownerPath, std::string_view owner,
                         std::string_view name, llvm::ArrayRef<int64_t> shape, InitAttr init, bool statistic,
                         Span span, const Frame& frame) {
  std::string path = ownerPath.empty() ? std::string(name) : ownerPath + "." + std::string(name);
  auto type = cnn::TensorType::get(&e.context, shape, e.builder.getF32Type());
  mlir::Location where = locationOf(e, span, path);
  NetworkParameter*& known = e.net->parameterAt[path];
  if (known) {
    cnn::TensorType declared = mlir::cast<cnn::TensorType>(known->op.getType());
    if (declared != type) {
      e.error(Diag::SharedShape, span, frame, path, type.shapeText(), declared.shapeText())
          .secondary(known->span, "made here");
      return {};
    }
  } else {
    mlir::OpBuilder::InsertionGuard guard(e.builder);
    e.builder.setInsertionPoint(e.net->predict);
    auto op = ParameterOp::create(e.builder, where, path, type, init, statistic, false);
    if (e.observations && !statistic) e.observations->madeParameter(shape);
    known = &e.net->parameters.emplace_back(NetworkParameter{path, owner, name, ownerPath, op, span,
                                                             llvm::SmallVector<int64_t>(shape), statistic,
                                                             false, e.sub != nullptr});
  }
  auto result =
      GetOp::create(e.builder, where, type, mlir::FlatSymbolRefAttr::get(known->op.getSymNameAttr()));
  rememberOrigin(e, result, span, "parameter", result.getParameter());
  return result;
}

/// Fan of a weight [out, in / groups, kernel…] as PyTorch counts it
/// (torch.nn.init._calculate_fan_in_and_fan_out).
static std::pair<double, double> fans(llvm::ArrayRef<int64_t> shape) {
  if (shape.size() < 2) return {double(shape.empty() ? 1 : shape[0]), double(shape.empty() ? 1 : shape[0])};
  double window = 1;
  for (int64_t extent : shape.drop_front(2)) window *= double(extent);
  return {double(shape[1]) * window, double(shape[0]) * window};
}

InitAttr initialiser(Elaborator& e, const Value& value, llvm::ArrayRef<int64_t> shape, Span span,
                     const Frame& frame) {
  if (value.isPoison()) return {};
  const Record* record = value.record();
  if (!record || record->op->family != Family::Initialiser) {
    Diagnostic& diagnostic = e.error(Diag::TypeMismatch, span, frame, "a first value",
                                     "an initialiser such as zeros or kaiming_normal()", value.describe());
    if (value.number())
      diagnostic.fix("one value everywhere", {{{span.file, span.begin, span.begin}, "full("},
                                              {{span.file, span.end, span.end}, ")"}});
    return {};
  }
  auto number = [&](std::string_view name, double otherwise) {
    auto found = record->arguments.find(name);
    return found == record->arguments.end() ? otherwise : found->second.value.number().value_or(otherwise);
  };
  auto text = [&](std::string_view name, std::string_view otherwise) {
    auto found = record->arguments.find(name);
    auto* given = found == record->arguments.end() ? nullptr : found->second.value.get<std::string>();
    return given ? *given : std::string(otherwise);
  };
  std::string_view kind = record->op->name;
  auto [fanIn, fanOut] = fans(shape);
  if (kind == "zeros") return InitAttr::get(&e.context, InitKind::constant, 0.0);
  if (kind == "ones") return InitAttr::get(&e.context, InitKind::constant, 1.0);
  if (kind == "full") return InitAttr::get(&e.context, InitKind::constant, number("value", 0));
  if (kind == "uniform")
    return InitAttr::get(&e.context, InitKind::uniform, number("low", 0), number("high", 1));
  if (kind == "normal")
    return InitAttr::get(&e.context, InitKind::normal, number("mean", 0), number("std", 1));
  if (kind == "trunc_normal")
    return InitAttr::get(&e.context, InitKind::trunc_normal, number("mean", 0), number("std", 1));
  double gain = number("gain", 1);
  if (kind.starts_with("xavier")) {
    double deviation = gain * std::sqrt(2.0 / (fanIn + fanOut));
    if (kind == "xavier_normal") return InitAttr::get(&e.context, InitKind::normal, 0.0, deviation);
    return InitAttr::get(&e.context, InitKind::uniform, -std::sqrt(3.0) * deviation,
                         std::sqrt(3.0) * deviation);
  }
  std::string mode = text("mode", "fan_in");
  if (mode != "fan_in" && mode != "fan_out") {
    e.error(Diag::BadArgument, record->arguments.find("mode")->second.span, frame, "'mode'", kind,
            "expected \"fan_in\" or \"fan_out\", found \"" + mode + "\"")
        .note("fan_in keeps the size of values going forward, fan_out of gradients going back");
    return {};
  }
  double deviation = std::sqrt(2.0 / (mode == "fan_in" ? fanIn : fanOut));
  if (kind == "kaiming_normal") return InitAttr::get(&e.context, InitKind::normal, 0.0, deviation);
  return InitAttr::get(&e.context, InitKind::uniform, -std::sqrt(3.0) * deviation,
                       std::sqrt(3.0) * deviation);
}

/// Later lines win over earlier ones. A selector without a parameter's name means the weights.
void applyInits(Elaborator& e) {
  Environment none;
  for (; e.net->initsApplied < e.net->inits.size(); ++e.net->initsApplied) {
    const PendingInit& init = e.net->inits[e.net->initsApplied];
    for (const Selector& selector : init.selection.selectors) {
      Frame frame{&e.program.main(), &none, nullptr};
      if (!countStep(e, selector.span, frame, (e.net->parameters.size() + e.net->parts.size()) / 16)) return;
      Selector inside = selector;
      if (!init.scope.empty() && !inside.pattern.empty()) inside.pattern = init.scope + "." + inside.pattern;
      bool any = false;
      for (NetworkParameter& info : e.net->parameters) {
        bool below = init.scope.empty() || matches_path(init.scope, info.path);
        if (!below || !matches(inside, info.owner, info.ownerPath, info.name)) continue;
        any = true;
        bool byOperator = !inside.owner.empty() && inside.parameter.empty();
        cnn::TensorType type = mlir::cast<cnn::TensorType>(info.op.getType());
        // PyTorch's initialisers are applied to weights; biases keep theirs unless they are named.
        if ((byOperator || inside.pattern == info.ownerPath) && info.name != "weight") continue;
        if (info.op.getStatistic()) continue;
        if (InitAttr value = initialiser(e, init.value.value, type.getFixedFrom(0), init.value.span, frame))
          info.op.setInitAttr(value);
      }
      bool known = any || e.net->incomplete;
      for (auto& [path, part] : e.net->parts) known = known || part.name == selector.owner;
      if (!known)
        suggestSelector(e, e.error(Diag::NothingSelected, selector.span, frame, selector.text()), selector);
    }
  }
}

/// The path that is nearly that of a selector, or what paths there are.
void suggestSelector(Elaborator& e, Diagnostic& diagnostic, const Selector& selector) {
  if (!diagnostic.isKept) return;
  if (!e.net || selector.pattern.empty()) {
    diagnostic.note("no part of the network is made by it");
    return;
  }
  std::set<std::string> parts;
  std::string list;
  for (const NetworkParameter& info : e.net->parameters) {
    std::string top = info.path.substr(0, info.path.find('.'));
    if (parts.insert(top).second && parts.size() <= 12) list += (list.empty() ? "" : ", ") + top;
  }
  if (parts.size() > 12) list += ", …";
  std::vector<std::string> paths(parts.begin(), parts.end());
  for (const NetworkParameter& info : e.net->parameters) {
    paths.push_back(info.ownerPath);
    paths.push_back(info.path);
  }
  Guess meant = nearest(selector.pattern, paths);
  if (!meant.empty())
    diagnostic.fixIts.push_back({"did you mean '" + std::string(meant) + "'?",
                                 {{selector.span, "\"" + std::string(meant) + "\""}},
                                 meant.sure});
  diagnostic.note(list.empty() ? "the network has no parameters" : "its parts are " + list);
}

Selection evaluateSelection(Elaborator& e, const Expr* expr, const Frame& frame) {
  Selection result;
  while (auto* paren = as<ParenExpr>(expr)) expr = paren->inner;
  std::vector<const Expr*> elements{expr};
  if (auto* call = as<CallExpr>(expr)) {
    auto* callee = as<NameExpr>(call->callee);
    if (callee && callee->name == "except") {
      result.inverted = true;
      elements.clear();
      for (const Argument& argument : call->arguments)
        if (call->closed) elements.push_back(argument.value);
    }
  }
  std::vector<const Expr*> flat;
  for (const Expr* element : elements) {
    if (auto* list = as<ListExpr>(element))
      flat.insert(flat.end(), list->elements.begin(), list->elements.end());
    else
      flat.push_back(element);
  }
  for (const Expr* element : flat) {
    Selector selector;
    selector.span = element->span;
    const Expr* owner = element;
    if (auto* member = as<MemberExpr>(element)) {
      selector.parameter = member->member.text;
      owner = member->base;
    }
    if (auto* text = as<StringExpr>(element)) {
      selector.pattern = evaluateString(e, *text, frame);
    } else if (auto* name = as<NameExpr>(owner)) {
      Value value = evaluate(e, name, frame);
      const BlockValue* block = value.block();
      if (block && (block->op || block->decl))
        selector.owner = block->name();
      else if (!value.isPoison())
        e.error(Diag::TypeMismatch, element->span, frame, "a selector",
                "a path in quotes or an operator's name", value.describe());
      if (selector.owner.empty()) continue;
    } else {
      if (!as<ErrorExpr>(element))
        e.error(Diag::TypeMismatch, element->span, frame, "a selector",
                "a path in quotes or an operator's name", "an expression");
      continue;
    }
    result.selectors.push_back(std::move(selector));
  }
  return result;
}

} // namespace cnn
