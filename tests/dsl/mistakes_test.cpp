/// Wrong programs that are elaborated: what is said about them, and what the fixes do.
#include "elaborated.h"
#include "expected.h"

#include "ast_to_dialect/foreign.h"
#include "ast_to_dialect/operators/operator.h"
#include "dsl/diagnostics/fixes.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

using namespace cnn;
using test::Elaborated;

namespace {

/// Programs are named without their folder, and use files relative to it.
struct InFolder {
  explicit InFolder(const std::string& folder) : before(std::filesystem::current_path()) {
    std::filesystem::current_path(std::string(CNN_TEST_PROGRAMS "/") + folder);
  }
  ~InFolder() { std::filesystem::current_path(before); }
  std::filesystem::path before;
};

std::string fileName(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

/// A first line `// cnnc build --set classes=5 H=8` or `--probe stem` says how the program is taken.
ElaborationOptions optionsOf(const std::string& text) {
  ElaborationOptions options;
  std::istringstream line(text.substr(0, text.find('\n')));
  std::string word;
  if (!(line >> word) || word != "//" || !(line >> word) || word != "cnnc") return options;
  while (line >> word) {
    size_t equals = word.find('=');
    if (equals != std::string::npos)
      options.settings.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    options.fixedSizes = options.fixedSizes || word == "build";
    if (word == "--probe" && line >> word) options.probes.push_back(word);
  }
  return options;
}

size_t checkFolder(const std::string& folder) {
  InFolder inside(folder);
  std::vector<std::string> paths = test::filesIn(".", ".cnn");
  for (const std::string& path : paths) {
    std::string name = fileName(path);
    INFO(folder << "/" << name);
    std::string text = test::readFile(path);
    Elaborated elaborated(text, optionsOf(text), name);
    CHECK(!elaborated.diagnostics.sorted().empty());
    std::string expected = std::filesystem::absolute(path).replace_extension(".expected").string();
    test::checkExpected(expected, toText(elaborated.diagnostics));
  }
  return paths.size();
}

/// How often each diagnostic is reported, by message.
std::map<std::string, int> messages(const DiagnosticEngine& diagnostics) {
  std::map<std::string, int> result;
  for (const Diagnostic* diagnostic : diagnostics.sorted()) ++result[diagnostic->message];
  return result;
}

} // namespace

TEST_CASE("files with many mistakes give exactly the expected diagnostics") {
  CHECK(checkFolder("wrong_meaning") >= 5);
}

TEST_CASE("programs with one mistake give exactly the expected diagnostics") {
  CHECK(checkFolder("wrong_programs") >= 150);
}

TEST_CASE("every diagnostic is in the expected text of a wrong program") {
  std::set<std::string> missing;
  for (const DiagnosticInfo& row : allDiagnostics()) missing.insert(std::string(row.id));
  for (const char* folder : {"wrong", "wrong_meaning", "wrong_programs"})
    for (const std::string& path : test::filesIn(std::string(CNN_TEST_PROGRAMS "/") + folder, ".expected")) {
      std::string text = test::readFile(path);
      for (std::string_view start : {"error[E", "warning[W"})
        for (size_t at = text.find(start); at != std::string::npos; at = text.find(start, at + 1))
          missing.erase(text.substr(at + start.size() - 1, 5));
    }
  // A file of 100 MB is no program; memory and libraries take the whole compiler. Other tests have them.
  CHECK(missing == std::set<std::string>{"E0002", "E0611", "E0613"});
}

TEST_CASE("applying the fixes removes what they are for, and brings nothing new of the kind") {
  InFolder inside("wrong_programs");
  size_t fixed = 0;
  for (const std::string& path : test::filesIn(".", ".cnn")) {
    std::string name = fileName(path);
    INFO(name);
    std::string written = test::readFile(path);
    Elaborated wrong(written, optionsOf(written), name);
    std::string text = applySureFixes(wrong.diagnostics, 0).text;
    if (text == wrong.sources.file(0).text) continue;
    ++fixed;
    Elaborated right(text, optionsOf(text), name);
    INFO(text << toText(right.diagnostics));
    std::map<std::string, int> before = messages(wrong.diagnostics), after = messages(right.diagnostics);
    for (const Diagnostic* diagnostic : wrong.diagnostics.sorted()) {
      if (diagnostic->sureFix()) CHECK(after[diagnostic->message] < before[diagnostic->message]);
    }
  }
  CHECK(fixed >= 50);
}

TEST_CASE("an operator that exists is not said to be absent") {
  CHECK(absentOperator("GroupNorm") == absentOperator("group_norm"));
  REQUIRE(absentOperator("Dropout2d"));
  for (const Operator& op : allOperators()) {
    INFO(op.name);
    CHECK_FALSE(absentOperator(op.name));
  }
}

TEST_CASE("each suggestion removes what it is for") {
  InFolder inside("wrong_programs");
  size_t tried = 0;
  for (const std::string& path : test::filesIn(".", ".cnn")) {
    std::string name = fileName(path), written = test::readFile(path);
    Elaborated wrong(written, optionsOf(written), name);
    for (const Diagnostic* diagnostic : wrong.diagnostics.sorted())
      for (const FixIt& fix : diagnostic->fixIts) {
        if (fix.sure) continue;
        std::string text = applyEdits(wrong.sources.file(0).text, fix.edits);
        Elaborated right(text, optionsOf(text), name);
        INFO(name << "\n" << text << toText(right.diagnostics));
        CHECK(messages(right.diagnostics)[diagnostic->message] <
              messages(wrong.diagnostics)[diagnostic->message]);
        ++tried;
      }
  }
  CHECK(tried >= 10);
}
