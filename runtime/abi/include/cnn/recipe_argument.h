// What the arguments of an optimizer or a schedule are. Without the standard library but for <cmath>.
#ifndef CNN_RECIPE_ARGUMENT_H
#define CNN_RECIPE_ARGUMENT_H

#include <cmath>

namespace cnn {

/// What a number must be. Not a number is in none.
struct NumberRange {
  double least, most;
  bool withoutLeast, withoutMost;
  const char* text; ///< after "expected"

  constexpr bool holds(double value) const {
    return (withoutLeast ? value > least : value >= least) && (withoutMost ? value < most : value <= most);
  }
};

namespace ranges {
inline constexpr double infinity = HUGE_VAL;
inline constexpr NumberRange any{-infinity, infinity, false, false, "a number"};
inline constexpr NumberRange at_least_0{0, infinity, false, false, "at least 0"};
inline constexpr NumberRange at_least_1{1, infinity, false, false, "at least 1"};
inline constexpr NumberRange above_0{0, infinity, true, false, "a number above 0"};
inline constexpr NumberRange share{0, 1, false, false, "a share from 0 to 1"};
inline constexpr NumberRange below_1{0, 1, false, true, "numbers from 0 to below 1"};
} // namespace ranges

enum class NumberKind { number, whole, flag };

struct NumberField {
  NumberKind kind;
  const NumberRange& range;
};

/// An argument of an optimizer or a schedule: a field of Values.
template <class Values> struct RecipeArgument {
  const char* name; ///< of the field
  double Values::* field;
  NumberField is;
  const char* defaultText; ///< as written in the language; empty where the argument must be given
  double defaultValue;
  const char* documentation;
  /// Where the language has one argument, a list of two, for this and a neighbour: its name and default.
  const char* pair = nullptr;
  const char* pairText = nullptr;
};

template <class Item> struct Table {
  const Item* items;
  int count;
  constexpr const Item* begin() const { return items; }
  constexpr const Item* end() const { return items + count; }
};

/// All arguments as they are when left out; the others, and those that must be given, are 0.
template <class Kind> constexpr typename Kind::Values defaultsOf(const Kind& kind) {
  typename Kind::Values values{};
  for (const auto& argument : kind.arguments) values.*argument.field = argument.defaultValue;
  return values;
}

} // namespace cnn
#endif
