#include "parsed.h"

#include "dsl/diagnostics/fixes.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <set>

using namespace cnn;
using test::Parsed;

TEST_CASE("ids are unique, ascending and well formed") {
  std::string_view last;
  std::set<std::string_view> names;
  for (const DiagnosticInfo& row : allDiagnostics()) {
    INFO(row.id);
    CHECK(row.id.size() == 5);
    CHECK(row.id > last);
    CHECK((row.id[0] == 'E' || row.id[0] == 'W'));
    CHECK(names.insert(row.name).second);
    CHECK_FALSE(row.message.empty());
    CHECK_FALSE(row.explanation.empty());
    last = row.id;
  }
}

TEST_CASE("the example of every syntax diagnostic triggers that diagnostic and no other") {
  for (const DiagnosticInfo& row : allDiagnostics()) {
    bool bySource = row.id < "E0200" && row.name != "CannotReadFile" && row.name != "FileTooLarge";
    if (!bySource) continue;
    INFO(row.id << "\n" << row.example);
    Parsed parsed{std::string(row.example)};
    std::set<std::string_view> ids;
    for (const Diagnostic* diagnostic : parsed.diagnostics.sorted()) ids.insert(info(diagnostic->diag).id);
    CHECK(ids == std::set<std::string_view>{row.id});
  }
}

TEST_CASE("files that cannot be read are reported with the reason") {
  SourceManager sources(100);
  DiagnosticEngine diagnostics(sources);
  CHECK(sources.addFile(CNN_TEST_PROGRAMS "/nowhere.cnn", diagnostics) == Span::noFile);
  CHECK(sources.addFile(CNN_TEST_PROGRAMS, diagnostics) == Span::noFile);
  CHECK(sources.addFile(CNN_TEST_PROGRAMS "/programs/resnet.cnn", diagnostics) == Span::noFile);
  std::string text = toText(diagnostics);
  CHECK(text.find("error[E0001]: cannot read '" CNN_TEST_PROGRAMS "/nowhere.cnn': No such file") !=
        std::string::npos);
  CHECK(text.find("it is a directory") != std::string::npos);
  CHECK(text.find("error[E0002]") != std::string::npos);
}

TEST_CASE("did-you-mean finds slips and nothing far-fetched") {
  std::vector<std::string> names = {"conv", "conv_transpose", "batch_norm", "max_pool", "relu"};
  CHECK(nearest("cnov", names).word == "conv");
  CHECK(nearest("batchnorm", names).word == "batch_norm");
  CHECK(nearest("maxpool", names).word == "max_pool");
  CHECK(nearest("ReLU", names).word == "relu");
  CHECK(nearest("transformer", names).word == "");
  CHECK(nearest("x", names).empty());
}

TEST_CASE("a word is near for a reader, and surely meant only as a slip of one letter") {
  auto found = [](std::string_view word, std::vector<std::string> names) {
    Guess guess = nearest(word, names);
    return std::string(guess.word) + (guess.sure ? "!" : "");
  };
  CHECK(found("BN", {"bn"}) == "bn!");
  CHECK(found("bn", {"N", "in"}).empty());
  CHECK(found("lrn", {"len"}).empty());
  CHECK(found("lne", {"len"}) == "len");
  CHECK(found("lrr", {"lr"}) == "lr!");
  CHECK(found("kernal", {"kernel", "padding"}) == "kernel!");
  CHECK(found("cnov", {"conv", "relu"}) == "conv!");
  CHECK(found("prelu", {"relu"}) == "relu");              // another first letter
  CHECK(found("conv3", {"conv1", "flatten"}) == "conv1"); // another number
  CHECK(found("lable", {"label", "table"}) == "label");   // two as near
  CHECK(found("batchorm", {"batch_norm", "conv"}) == "batch_norm");
  CHECK(found("global_max_pool", {"global_avg_pool"}).empty());
  CHECK(found("conv_transpose", {"conv"}).empty());
}

TEST_CASE("diagnostics are sorted by place and free of repetitions") {
  SourceManager sources;
  DiagnosticEngine engine(sources);
  FileId file = sources.addText("a.cnn", "abcdef\n");
  engine.report(Diag::UnknownType, Span{file, 4, 5}, "late");
  engine.report(Diag::UnknownType, Span{file, 1, 2}, "early");
  engine.report(Diag::UnknownType, Span{file, 4, 5}, "late");
  auto list = engine.sorted();
  REQUIRE(list.size() == 2);
  CHECK(list[0]->message == "unknown type 'early'");
}

TEST_CASE("a flood of errors is cut off and counted") {
  Parsed parsed(std::string(3000, '$'));
  std::string text = toText(parsed.diagnostics);
  CHECK(parsed.diagnostics.sorted().size() == DiagnosticEngine::maxStored);
  CHECK(text.find("note: 2000 further errors are not shown") != std::string::npos);
}

TEST_CASE("JSON holds places, notes and fixes and escapes what it must") {
  Parsed parsed("let a = if 1 = 2 { 1 } else { \"\\\x01\" }\n");
  std::string json = toJson(parsed.diagnostics);
  CHECK(json.starts_with("{\"version\": 1, \"diagnostics\": [\n  {\"id\": \"E0116\""));
  CHECK(json.find("\"range\": {\"start\": {\"line\": 1, \"column\": 14, \"offset\": 13}") !=
        std::string::npos);
  CHECK(
      json.find(
          "\"fixes\": [{\"message\": \"compare with '=='\", \"sure\": true, \"edits\": [{\"text\": \"==\"") !=
      std::string::npos);
  CHECK(json.find("\\u0001") != std::string::npos);
}

/// dsl/diagnostics/README.md promises these fields.
TEST_CASE("JSON has the fields of version 1") {
  Parsed parsed("let a = max(1, 2\nlet b = .5\nlet c: int = 1 let d = 1\n");
  nlohmann::json all = nlohmann::json::parse(toJson(parsed.diagnostics));
  CHECK(all["version"] == 1);
  auto keys = [](const nlohmann::json& object) {
    std::string list;
    for (auto& [key, value] : object.items()) list += (list.empty() ? "" : " ") + key;
    return list;
  };
  REQUIRE(all["diagnostics"].size() >= 2);
  size_t edits = 0;
  for (const nlohmann::json& one : all["diagnostics"]) {
    CHECK(keys(one) == "file fixes id label message name notes range secondary severity");
    CHECK(keys(one["range"]["start"]) == "column line offset");
    CHECK(keys(one["range"]["end"]) == "column line offset");
    for (const nlohmann::json& note : one["secondary"]) CHECK(keys(note) == "file message range");
    for (const nlohmann::json& fix : one["fixes"]) {
      CHECK(keys(fix) == "edits message sure");
      for (const nlohmann::json& edit : fix["edits"]) {
        CHECK(keys(edit) == "file range text");
        ++edits;
      }
    }
  }
  CHECK(edits >= 1);
}

TEST_CASE("applying the fixes gives a text without those errors") {
  Parsed parsed("func f(a: integer) -> int { return if a = .5 { 1 } else { 2 } }\nlet b = 1 < 2 < 3\n");
  CHECK(parsed.errors() == "E0125 1:11, E0116 1:41, E0008 1:43, E0107 2:15");
  std::string fixed = applySureFixes(parsed.diagnostics, 0).text;
  CHECK(fixed == "func f(a: int) -> int { return if a == 0.5 { 1 } else { 2 } }\nlet b = 1 < 2 and 2 < 3\n");
}
