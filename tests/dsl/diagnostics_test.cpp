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

TEST_CASE("columns count characters in long lines of any bytes as in short ones") {
  uint32_t state = 7;
  auto random = [&](uint32_t below) { return (state = state * 1664525 + 1013904223) / 65536 % below; };
  static constexpr std::string_view pieces[] = {"a",    "xyz ",     "é",  "→",        "😀",
                                                "\x80", "\xE2\x82", "\n", "\xF0\x9F", "\xBF\xBF\xBF\xBF"};
  for (int round = 0; round < 20; ++round) {
    std::string text;
    size_t kinds = round % 2 ? std::size(pieces) : 5;
    while (text.size() < 5000) text += pieces[random(uint32_t(kinds))];
    SourceManager sources;
    FileId file = sources.addText("long.cnn", text);
    for (int i = 0; i < 200; ++i) {
      uint32_t offset = random(uint32_t(text.size() + 1));
      size_t start = offset == 0 ? std::string::npos : text.rfind('\n', offset - 1);
      start = start == std::string::npos ? 0 : start + 1;
      INFO("round " << round << ", offset " << offset);
      CHECK(sources.lineColumn(file, offset).column ==
            codePointCount(std::string_view(text).substr(start, offset - start)) + 1);
    }
  }
}

TEST_CASE("a name of a megabyte and a list of ten thousand names stay readable") {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  diagnostics.report(Diag::UnknownName, Span{}, std::string(1 << 20, 'a') + "é");
  CHECK(diagnostics.sorted()[0]->message.size() < 1100);
  CHECK(diagnostics.sorted()[0]->message.find("…") != std::string::npos);
  std::vector<std::string> names(10'000, "name");
  CHECK(listed(names).size() < 300);
  CHECK(listed(std::vector<std::string>{"a", "b"}) == "a, b");
}

TEST_CASE("what is reported beyond the limit is counted and takes no details") {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  sources.addText("a.cnn", "a");
  for (uint32_t i = 0; i < DiagnosticEngine::maxStored; ++i)
    diagnostics.report(Diag::UnknownName, Span{0, 0, i}, i);
  bool asked = false;
  Diagnostic& last = diagnostics.report(Diag::UnknownName, Span{}, "x").didYouMean("x", [&] {
    asked = true;
    return std::vector<std::string>{"xx"};
  });
  CHECK_FALSE(last.note("a note").isKept);
  CHECK_FALSE(asked);
  CHECK((last.noteList.empty() && last.fixIts.empty()));
  CHECK(diagnostics.count() == DiagnosticEngine::maxStored + 1);
  CHECK(diagnostics.overflowing() == 1);
}

/// Optimal string alignment, by the whole table.
static size_t distanceOf(const std::string& a, const std::string& b) {
  std::vector<std::vector<size_t>> table(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i)
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        table[i][j] = i + j;
        continue;
      }
      table[i][j] =
          std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
    }
  return table[a.size()][b.size()];
}

TEST_CASE("a word is near by edits, whatever the edits are") {
  uint32_t state = 3;
  auto random = [&](uint32_t below) { return (state = state * 1664525 + 1013904223) / 65536 % below; };
  auto word = [&](size_t length) {
    std::string text;
    while (text.size() < length) text += char('a' + random(3));
    return text;
  };
  int near = 0;
  for (int i = 0; i < 20'000; ++i) {
    size_t length = 4 + random(12); // of shorter words the letters count as well
    std::string a = word(length), b = random(2) ? word(length + random(3)) : a;
    for (uint32_t edits = random(4); edits > 0 && !b.empty(); --edits) {
      size_t at = random(uint32_t(b.size()));
      uint32_t kind = random(4);
      if (kind == 0) b.erase(at, 1);
      if (kind == 1) b.insert(at, 1, char('a' + random(3)));
      if (kind == 2) b[at] = char('a' + random(3));
      if (kind == 3 && at + 1 < b.size()) std::swap(b[at], b[at + 1]);
    }
    size_t shorter = std::min(a.size(), b.size());
    if (a == b || shorter < 4) continue;
    bool wanted = distanceOf(a, b) <= (shorter < 7 ? 1u : 2u);
    near += wanted;
    INFO(a << " and " << b);
    CHECK(nearest(a, std::vector<std::string>{b}).empty() == !wanted);
  }
  CHECK(near > 1000);
}
