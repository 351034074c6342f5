// The optimizers and schedules of optimizers.def and schedules.def as tables, for the compiler and the
// runtime. Header only; without the standard library but for <cmath>.
#ifndef CNN_RECIPE_H
#define CNN_RECIPE_H

#include <cnn/abi.h>
#include <cnn/recipe_argument.h>

namespace cnn {

struct OptimizerState {
  const char* name;
  bool (*kept)(const cnn_hyper& hyper);
};

struct OptimizerRule {
  const char* field;
  bool (*holds)(const cnn_hyper& hyper);
  const char* expected;
};

struct OptimizerKind {
  using Values = cnn_hyper;
  const char *name, *documentation, *source;
  Table<RecipeArgument<cnn_hyper>> arguments;
  Table<OptimizerRule> rules;
  Table<OptimizerState> states;
  Table<const char*> scalars; ///< names, in the order of cnn_phase.update
  /// The scalars of a step, counted from 1.
  void (*fill)(const cnn_hyper& hyper, double step, float* scalars);
};

struct ScheduleKind {
  using Values = cnn_schedule_arguments;
  const char *name, *documentation, *source;
  Table<RecipeArgument<cnn_schedule_arguments>> arguments;
  bool byLength; ///< the rates depend on how many epochs there are
};

namespace recipe_tables {

template <class Item, int size> constexpr Table<Item> table(const Item (&items)[size]) {
  return {items, size - 1}; // without the end that keeps it from being empty
}

#define CNN_HYPER(field, kind, range)                                                                        \
  inline constexpr NumberField hyper_##field{NumberKind::kind, ranges::range};
#include <cnn/optimizers.def>

#define CNN_OPTIMIZER(NAME, name, documentation, source)                                                     \
  inline constexpr RecipeArgument<cnn_hyper> name##_arguments[] = {
#define CNN_OPTIMIZER_ARGUMENT(name, field, value, documentation)                                            \
  {#field, &cnn_hyper::field, hyper_##field, #value, double(value), documentation},
#define CNN_OPTIMIZER_PAIR(name, argument, field1, value1, field2, value2, documentation)                    \
  {#field1, &cnn_hyper::field1, hyper_##field1, #value1,                                                     \
   value1,  documentation,      #argument,      "[" #value1 ", " #value2 "]"},                               \
      {#field2, &cnn_hyper::field2, hyper_##field2, #value2,                                                 \
       value2,  documentation,      #argument,      "[" #value1 ", " #value2 "]"},
#define CNN_OPTIMIZER_END(name)                                                                              \
  { "", nullptr, hyper_lr, "", 0, "" }                                                                       \
  }                                                                                                          \
  ;
#include <cnn/optimizers.def>

#define CNN_OPTIMIZER(NAME, name, documentation, source) inline constexpr OptimizerRule name##_rules[] = {
#define CNN_OPTIMIZER_RULE(name, field, condition, expected)                                                 \
  {#field, [](const cnn_hyper& hyper) { return condition; }, expected},
#define CNN_OPTIMIZER_END(name)                                                                              \
  {                                                                                                          \
  }                                                                                                          \
  }                                                                                                          \
  ;
#include <cnn/optimizers.def>

#define CNN_OPTIMIZER(NAME, name, documentation, source) inline constexpr OptimizerState name##_states[] = {
#define CNN_OPTIMIZER_STATE(name, state, condition)                                                          \
  {#state, []([[maybe_unused]] const cnn_hyper& hyper) { return condition; }},
#define CNN_OPTIMIZER_END(name)                                                                              \
  {                                                                                                          \
  }                                                                                                          \
  }                                                                                                          \
  ;
#include <cnn/optimizers.def>

#define CNN_OPTIMIZER(NAME, name, documentation, source) inline constexpr const char* name##_scalars[] = {
#define CNN_OPTIMIZER_SCALAR(name, scalar, value) #scalar,
#define CNN_OPTIMIZER_END(name)                                                                              \
  nullptr                                                                                                    \
  }                                                                                                          \
  ;
#include <cnn/optimizers.def>

#define CNN_OPTIMIZER(NAME, name, documentation, source)                                                     \
  inline void fill_##name([[maybe_unused]] const cnn_hyper& hyper, [[maybe_unused]] double step,             \
                          float* scalars) {
#define CNN_OPTIMIZER_SCALAR(name, scalar, value) *scalars++ = static_cast<float>(value);
#define CNN_OPTIMIZER_END(name) }
#include <cnn/optimizers.def>

#define CNN_SCHEDULE_FIELD(field, kind, range)                                                               \
  inline constexpr NumberField schedule_##field{NumberKind::kind, ranges::range};
#include <cnn/schedules.def>

#define CNN_SCHEDULE(NAME, name, by_length, documentation, source)                                           \
  inline constexpr RecipeArgument<cnn_schedule_arguments> schedule_##name##_arguments[] = {
#define CNN_SCHEDULE_ARGUMENT(name, field, value, documentation)                                             \
  {#field, &cnn_schedule_arguments::field, schedule_##field, #value, value, documentation},
#define CNN_SCHEDULE_REQUIRED(name, field, documentation)                                                    \
  {#field, &cnn_schedule_arguments::field, schedule_##field, "", 0, documentation},
#define CNN_SCHEDULE_END(name)                                                                               \
  { "", nullptr, schedule_gamma, "", 0, "" }                                                                 \
  }                                                                                                          \
  ;
#include <cnn/schedules.def>

} // namespace recipe_tables

/// By enum cnn_optimizer.
inline constexpr OptimizerKind optimizerKinds[] = {
#define CNN_OPTIMIZER(NAME, name, documentation, source)                                                     \
  {#name,                                                                                                    \
   documentation,                                                                                            \
   source,                                                                                                   \
   recipe_tables::table(recipe_tables::name##_arguments),                                                    \
   recipe_tables::table(recipe_tables::name##_rules),                                                        \
   recipe_tables::table(recipe_tables::name##_states),                                                       \
   recipe_tables::table(recipe_tables::name##_scalars),                                                      \
   recipe_tables::fill_##name},
#include <cnn/optimizers.def>
};

/// By enum cnn_schedule.
inline constexpr ScheduleKind scheduleKinds[] = {
#define CNN_SCHEDULE(NAME, name, by_length, documentation, source)                                           \
  {#name, documentation, source, recipe_tables::table(recipe_tables::schedule_##name##_arguments), by_length},
#include <cnn/schedules.def>
};

/// How many floats of state the optimizer keeps for each parameter with these hyper-parameters.
constexpr int stateCount(const OptimizerKind& kind, const cnn_hyper& hyper) {
  int count = 0;
  for (const OptimizerState& state : kind.states) count += state.kept(hyper);
  return count;
}

constexpr int mostScalars() {
  int most = 0;
  for (const OptimizerKind& kind : optimizerKinds)
    if (kind.scalars.count > most) most = kind.scalars.count;
  return most;
}

constexpr int mostStates() {
  int most = 0;
  for (const OptimizerKind& kind : optimizerKinds)
    if (kind.states.count > most) most = kind.states.count;
  return most;
}
static_assert(mostStates() <= CNN_MAX_STATES);

} // namespace cnn
#endif
