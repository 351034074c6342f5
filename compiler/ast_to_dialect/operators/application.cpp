/// What a built-in operator sees of its application.
#include "ast_to_dialect/operators/application.h"
#include "ast_to_dialect/evaluate/statements.h"
#include "ast_to_dialect/networks/networks.h"
#include "ast_to_dialect/networks/parameters.h"
#include "ast_to_dialect/operators/building.h"
#include "ast_to_dialect/operators/term.h"

#include "llvm/ADT/StringExtras.h"

#include <charconv>
#include <cmath>

namespace cnn {

const Given* Application::given(std::string_view argument) const {
  for (size_t i = 0; i < block.op->arguments.size(); ++i) {
    if (block.op->arguments[i].name != argument) continue;
    auto found = block.given.find(i);
    return found == block.given.end() ? nullptr : &found->second;
  }
  return nullptr;
}

Span Application::written(std::string_view argument) const {
  const Given* found = given(argument);
  return found ? found->span : Span{};
}

bool Application::byPlace(std::string_view argument) const {
  const Given* found = given(argument);
  if (!found || !found->span.valid()) return false;
  std::string_view text = elaborator.program.sources.file(found->span.file).text;
  size_t last = text.substr(0, found->span.begin).find_last_not_of(" \t\r\n");
  return last != std::string_view::npos && text[last] != '=';
}

bool Application::has(std::string_view argument) const {
  return given(argument) != nullptr;
}

/// The value given or the default of the table.
Value Application::value(std::string_view argument) const {
  if (const Given* found = given(argument)) return found->value;
  std::string_view text = block.op->argument(argument)->defaultText;
  if (text == "true" || text == "false") return text == "true";
  if (text.starts_with('"')) return std::string(text.substr(1, text.size() - 2));
  int64_t whole = 0;
  auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (end == text.data() + text.size()) return whole;
  double real = 0;
  std::from_chars(text.data(), text.data() + text.size(), real);
  return real;
}

bool Application::isPiped() const {
  if (!span.valid()) return false;
  std::string_view text = elaborator.program.sources.file(span.file).text;
  size_t last = text.substr(0, span.begin).find_last_not_of(" \t\r\n");
  return last != std::string_view::npos && last > 0 && text.substr(last - 1, 2) == "|>";
}

Diagnostic& Application::fail(std::string_view argument, std::string message) {
  hasFailed = true;
  if (argument.empty()) return shapeError(elaborator, message, subjects, span, block.op->name, frame);
  const Given* found = given(argument);
  return elaborator.error(Diag::BadArgument, found ? found->span : span, frame,
                          "'" + std::string(argument) + "'", block.op->name, message);
}

int64_t Application::integer(std::string_view argument, int64_t least) {
  int64_t result = *value(argument).get<int64_t>();
  if (result >= least && result <= INT32_MAX) return result;
  fail(argument,
       "expected a number of at least " + std::to_string(least) + ", found " + std::to_string(result));
  return least;
}

double Application::real(std::string_view argument) {
  return *value(argument).number();
}
std::string Application::text(std::string_view argument) const {
  return *value(argument).get<std::string>();
}

void Application::probe(std::string_view name) {
  bool letters = !name.empty() && !llvm::isDigit(name[0]) &&
                 llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; });
  if (!letters)
    fail("name", "expected letters, digits and _, such as stem");
  else if (!type().getElementType().isF32())
    fail("", "a probe looks at values of f32");
  else
    addProbe(elaborator, input(), name, span, frame);
}

bool Application::flag(std::string_view argument) {
  return *value(argument).get<bool>();
}

std::string_view Application::elementType(std::string_view argument) {
  return value(argument).get<ElementType>()->name;
}

llvm::SmallVector<double> Application::reals(std::string_view argument) {
  Value found = value(argument);
  llvm::SmallVector<double> result;
  if (const List* list = found.list())
    for (const Value& element : *list) result.push_back(*element.number());
  else
    result.push_back(*found.number());
  return result;
}

llvm::SmallVector<int64_t> Application::ints(std::string_view argument, int64_t least) {
  Value found = value(argument);
  llvm::SmallVector<int64_t> result;
  if (const List* list = found.list()) {
    for (const Value& element : *list) result.push_back(*element.get<int64_t>());
    if (result.size() != spatial()) {
      fail(argument, "expected " + std::to_string(spatial()) +
                         " numbers, one for each spatial dimension of " + type().shapeText() + ", found " +
                         std::to_string(result.size()));
      result.resize(spatial(), least);
    }
  } else {
    result.assign(spatial(), *found.get<int64_t>());
  }
  for (int64_t& number : result) {
    if (number >= least && number <= INT32_MAX) continue;
    fail(argument, "expected at least " + std::to_string(least) + ", found " + std::to_string(number));
    number = least;
  }
  return result;
}

/// One of the words that a string may be, where it is nearly one.
static void suggestWord(Diagnostic& diagnostic, std::string_view word, std::vector<std::string> words) {
  std::string_view meant = nearest(word, words);
  if (!meant.empty())
    diagnostic.suggest(
        "did you mean '" + std::string(meant) + "'?",
        {{{diagnostic.span.file, diagnostic.span.end - uint32_t(word.size()) - 2, diagnostic.span.end},
          "\"" + std::string(meant) + "\""}});
}

llvm::SmallVector<int64_t> Application::padding(std::string_view argument, llvm::ArrayRef<int64_t> kernel,
                                                llvm::ArrayRef<int64_t> stride,
                                                llvm::ArrayRef<int64_t> dilation) {
  unsigned count = spatial();
  Value found = value(argument);
  llvm::SmallVector<int64_t> result(2 * count, 0);
  if (auto* mode = found.get<std::string>()) {
    if (*mode != "same" && *mode != "valid")
      suggestWord(fail(argument, "expected \"same\" or \"valid\", found \"" + *mode + "\""), *mode,
                  {"same", "valid"});
    for (unsigned i = 0; i < count && *mode == "same"; ++i) {
      int64_t reach = dilation[i] * (kernel[i] - 1), total = reach;
      if (stride[i] > 1) {
        std::optional<int64_t> n = type().getFixed(2 + i);
        if (!n) {
          fail(argument, "\"same\" with a stride needs a fixed picture, found " + type().shapeText());
          return result;
        }
        total = std::max<int64_t>(0, ((*n + stride[i] - 1) / stride[i] - 1) * stride[i] + reach + 1 - *n);
      }
      result[i] = total / 2;
      result[count + i] = total - total / 2;
    }
    return result;
  }
  llvm::SmallVector<int64_t> each = ints(argument, 0);
  for (unsigned i = 0; i < count; ++i) result[i] = result[count + i] = each[i];
  return result;
}

std::optional<int64_t> Application::extent(unsigned dimension) {
  if (dimension >= type().getRank()) {
    fail("",
         "expected at least " + std::to_string(dimension + 1) + " dimensions, found " + type().shapeText());
    return std::nullopt;
  }
  if (auto fixed = type().getFixed(dimension)) return fixed;
  fail("", "dimension " + std::to_string(dimension) + " of " + type().shapeText() + " must be fixed");
  return std::nullopt;
}

mlir::Value Application::parameter(std::string_view name, llvm::ArrayRef<int64_t> shape, InitAttr init,
                                   bool statistic) {
  if (hasFailed) return {};
  if (!isTensorSize(shape)) {
    fail("", "parameter '" + std::string(name) + "' would have more than 2^40 elements");
    return {};
  }
  mlir::Value result =
      addParameter(elaborator, path, block.op->name, name, shape, init, statistic, span, frame);
  hasFailed = hasFailed || !result;
  return result;
}

mlir::Value Application::withOnes(mlir::Value parameter, unsigned rank) {
  if (!parameter) return {};
  auto own = mlir::cast<TensorType>(parameter.getType());
  llvm::SmallVector<mlir::AffineExpr> shape(own.getShape());
  shape.resize(rank, mlir::getAffineConstantExpr(1, own.getContext()));
  parameter.setType(own.withShape(shape)); // of this application's own cnn.get
  return parameter;
}

/// PyTorch's default of Conv and Linear: kaiming_uniform with a = sqrt(5) is uniform in +-1 / sqrt(fan_in).
InitAttr Application::uniformByFan(double fanIn) {
  double bound = 1 / std::sqrt(std::max(1.0, fanIn));
  return InitAttr::get(&elaborator.context, InitKind::uniform, -bound, bound);
}

InitAttr Application::constant(double number) {
  InitAttr& known = elaborator.constants[number]; // every batch norm asks for the same two
  if (!known) known = InitAttr::get(&elaborator.context, InitKind::constant, number);
  return known;
}

int64_t Application::randomStream() {
  return elaborator.net->randomStreams++;
}

mlir::Value Application::everywhere(TensorType type, double number) {
  if (hasFailed) return {};
  return SplatOp::create(elaborator.builder, locationOf(elaborator, span, path), type,
                         elaborator.builder.getF64FloatAttr(number));
}

Formula Application::formula() {
  return {elaborator, span, std::string(block.op->name), path, frame};
}

Value Application::scale(const Value& x, double factor, double offset) {
  mlir::Value tensor = x.tensor();
  if (!tensor) return Value();
  return build<ScaleOp>(tensor, [&](ScaleOp::Properties& properties) {
    properties.setFactor(elaborator.builder.getF64FloatAttr(factor));
    properties.setOffset(elaborator.builder.getF64FloatAttr(offset));
  });
}

Value Application::reshape(llvm::ArrayRef<mlir::AffineExpr> shape) {
  if (hasFailed) return Value();
  TensorType result = type().withShape(shape);
  if (!affordable(elaborator, result, subjects, span, block.op->name, frame)) return Value();
  mlir::Value value =
      ReshapeOp::create(elaborator.builder, locationOf(elaborator, span, path), result, subjects[0]);
  rememberOrigin(elaborator, value, span, block.op->name);
  return value;
}

} // namespace cnn
