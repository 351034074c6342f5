/// Conditions of asserts on free dimensions mean what they say.
#include "elaborated.h"

#include "dialect/conditions.h"
#include "dialect/dialect.h"

#include <catch2/catch.hpp>

using namespace cnn;
using test::Elaborated;

TEST_CASE("conditions on a free dimension hold where the same text on numbers holds") {
  const std::pair<const char*, bool (*)(int64_t)> cases[] = {
      {"N == 4", [](int64_t n) { return n == 4; }},
      {"N != 4", [](int64_t n) { return n != 4; }},
      {"N < 4", [](int64_t n) { return n < 4; }},
      {"4 <= N", [](int64_t n) { return 4 <= n; }},
      {"N > 2 * N - 5", [](int64_t n) { return n > 2 * n - 5; }},
      {"N >= 7", [](int64_t n) { return n >= 7; }},
      {"N % 3 == 2", [](int64_t n) { return n % 3 == 2; }},
      {"(3 - N) % 4 == 1", [](int64_t n) { return ((3 - n) % 4 + 4) % 4 == 1; }},
      {"not (N % 3 == 2 or N > 9)", [](int64_t n) { return !(n % 3 == 2 || n > 9); }},
      {"not (N > 2 and (N < 5 or N == 8))", [](int64_t n) { return !(n > 2 && (n < 5 || n == 8)); }},
      {"(N + 1) / 2 >= 3 and N != 7", [](int64_t n) { return (n + 1) / 2 >= 3 && n != 7; }},
  };
  for (auto& [text, expected] : cases) {
    INFO(text);
    Elaborated net("network A {\n  input x: f32[N, 3]\n  assert " + std::string(text) +
                   "\n  output y = x\n}\n");
    REQUIRE(net.errors() == "");
    auto network = *net.result.module->getOps<NetworkOp>().begin();
    auto kept = network->getAttrOfType<mlir::ArrayAttr>("asserts");
    REQUIRE(kept.size() == 1);
    mlir::Attribute condition = mlir::cast<mlir::DictionaryAttr>(kept[0]).get("test");
    CHECK(condition::isAbout(condition, freeDimension(net.context.get(), "N")));
    CHECK(!condition::isAbout(condition, freeDimension(net.context.get(), "H")));
    for (int64_t n = 1; n <= 20; ++n) {
      INFO(n);
      CHECK(condition::holds(condition, n) == expected(n));
      CHECK(condition::holds(condition::negated(condition), n) != expected(n));
    }
  }
}
