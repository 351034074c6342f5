#include "cases.h"
#include "check.h"

#include "dialect/transforms/passes.h"

#include <catch2/catch.hpp>
#include <set>

using namespace mlir;
using namespace cnn;
using namespace cnn::test;

namespace {

std::unique_ptr<MLIRContext> makeContext() {
  auto context = std::make_unique<MLIRContext>(MLIRContext::Threading::DISABLED);
  context->loadDialect<CnnDialect>();
  return context;
}

std::vector<Family> allFamilies() {
  std::vector<Family> families = windowFamilies();
  for (Family& family : opFamilies()) families.push_back(std::move(family));
  return families;
}

void checkCase(const Family::Build& build, MLIRContext& context, Random& random, bool decomposed) {
  std::unique_ptr<Program> program = build(context, random);
  program->differentiate(decomposed);
  CHECK(compareWithDifferences(*program) == "");
}

void checkFamilies(bool decomposed) {
  std::unique_ptr<MLIRContext> context = makeContext();
  for (const Family& family : allFamilies()) {
    INFO(family.name);
    for (uint64_t seed = 0; seed < 20; ++seed) {
      INFO("seed " << seed);
      Random random(seed);
      checkCase(family.random, *context, random, decomposed);
    }
    for (auto& [text, build] : family.nasty) {
      INFO(text);
      Random random(1);
      checkCase(build, *context, random, decomposed);
    }
  }
}

/// In how many of a family's random cases the check notices that results of this op are spoiled, of how many
/// that hold the op.
std::pair<int, int> noticed(const Family& family, const std::string& op, MLIRContext& context,
                            bool decomposed) {
  int found = 0, cases = 0;
  for (uint64_t seed = 0; seed < 6; ++seed) {
    Random random(seed);
    std::unique_ptr<Program> program = family.random(context, random);
    program->differentiate(decomposed);
    std::vector<std::string> ops = opsOfTrain(*program);
    if (!std::count(ops.begin(), ops.end(), op)) continue;
    ++cases;
    program->state.afterEach = spoil(op);
    found += compareWithDifferences(*program) != "";
  }
  return {found, cases};
}

} // namespace

TEST_CASE("gradients are the loss's finite differences") {
  checkFamilies(false);
}

TEST_CASE("gradients stay right where training ops are taken apart") {
  checkFamilies(true);
}

TEST_CASE("the check notices a wrong op, whichever it is") {
  std::unique_ptr<MLIRContext> context = makeContext();
  // What has no gradient, or is its own: a wrong one changes the loss and its differences alike.
  std::set<std::string> notTrained = {"cnn.accuracy", "cnn.cast", "cnn.counted",
                                      "cnn.equal",    "cnn.exp",  "cnn.less"};
  std::set<std::string> spoiled;
  for (bool decomposed : {false, true})
    for (const Family& family : allFamilies()) {
      std::set<std::string> ops;
      for (uint64_t seed = 0; seed < 6; ++seed) {
        Random random(seed);
        std::unique_ptr<Program> program = family.random(*context, random);
        program->differentiate(decomposed);
        for (std::string& op : opsOfTrain(*program)) ops.insert(op);
      }
      for (const std::string& op : ops) {
        if (notTrained.count(op) || !spoiled.insert(op).second) continue;
        auto [found, cases] = noticed(family, op, *context, decomposed);
        INFO(op << " in cases of " << family.name << ": noticed " << found << " of " << cases);
        CHECK(2 * found > cases);
      }
    }

  for (RegisteredOperationName name : context->getRegisteredOperationsByDialect("cnn"))
    if (name.hasInterface<ReferenceOpInterface>() && !notTrained.count(name.getStringRef().str()))
      CHECK(spoiled.count(name.getStringRef().str()) == 1);
}
