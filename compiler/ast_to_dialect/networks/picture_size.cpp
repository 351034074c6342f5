#include "ast_to_dialect/networks/picture_size.h"

#include "ast_to_dialect/operators/operator.h"

#include <algorithm>

namespace cnn {

static std::string text(int64_t height, int64_t width) {
  return std::to_string(height) + " x " + std::to_string(width);
}

std::string PictureSize::describe() const {
  if (known == Nothing) return "pictures of any size";
  if (known == Shorter) return "pictures whose shorter side is " + std::to_string(height);
  return "pictures of " + text(height, width);
}

/// One number or two.
static std::vector<int64_t> numbersOf(const Value& value) {
  std::vector<int64_t> numbers;
  if (auto* whole = value.get<int64_t>()) numbers.push_back(*whole);
  if (const List* list = value.list())
    for (const Value& element : *list)
      if (auto* whole = element.get<int64_t>()) numbers.push_back(*whole);
  return numbers;
}

std::optional<PictureMistake> changeSize(const Record& record, PictureSize& size) {
  std::string name(record.op->name);
  auto given = record.arguments.find("size");
  if (!record.op->argument("size")) return std::nullopt;
  if (given == record.arguments.end())
    return PictureMistake{name + " needs a size: " + name + "(224)", record.span};
  std::vector<int64_t> numbers = numbersOf(given->second.value);
  auto wrong = [&](std::string message) { return PictureMistake{std::move(message), given->second.span}; };
  constexpr int64_t most = 16384;
  if (numbers.empty() || numbers.size() > 2 ||
      std::ranges::any_of(numbers, [](int64_t n) { return n < 1 || n > most; }))
    return wrong("the size of " + name + " is one number, or [height, width], from 1 to " +
                 std::to_string(most));
  int64_t height = numbers.front(), width = numbers.back();
  if (name == "resize" && numbers.size() == 1) {
    bool square = size.known == PictureSize::Both && size.height == size.width;
    size = {square ? PictureSize::Both : PictureSize::Shorter, height, width};
    return std::nullopt;
  }
  int64_t padding = 0;
  if (auto found = record.arguments.find("padding"); found != record.arguments.end())
    padding = numbersOf(found->second.value).empty() ? 0 : numbersOf(found->second.value).front();
  bool crops = name == "center_crop" || name == "random_crop";
  int64_t tallest = size.height + 2 * padding,
          widest = (size.known == PictureSize::Shorter ? size.height : size.width) + 2 * padding;
  bool fits = size.known == PictureSize::Nothing || (height <= tallest && width <= widest) ||
              (size.known == PictureSize::Shorter && std::min(height, width) <= tallest);
  if (crops && !fits)
    return wrong(name + " of " + text(height, width) + " does not fit into " + size.describe());
  size = {PictureSize::Both, height, width};
  return std::nullopt;
}

} // namespace cnn
