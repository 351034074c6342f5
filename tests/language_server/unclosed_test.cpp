/// What is inside of a call whose bracket is still missing.
#include "document.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>

using namespace cnn::language_server;
using Catch::Matchers::Contains;
using test::Document;

/// The line stands in a network; `^` marks the place.
static Document document(const std::string& line, const std::string& after = "") {
  return Document("block Unit(x, width: int, act: block = relu) = x |> conv(width, 3) |> act\n"
                  "network A(classes: int = 10) {\n  input image: f32[N, 3, 8, 8]\n  let mid = 16\n" +
                  line + "\n" + after);
}

static const std::string rest = "  output z = image |> relu\n}\n";

static std::string defined(const Document& document) {
  auto place = definition(*document.analysis, document.offset);
  return place ? document.line(place->range.start) + " " + document.at(place->range) : "";
}

TEST_CASE("names in a call without its closing bracket are known") {
  for (const std::string& after : {std::string(), rest}) {
    CHECK(defined(document("  let y = image |> conv(m^id, 3", after)) == "4:7 mid");
    CHECK(defined(document("  let y = image |> Unit(width = 2 * cla^sses", after)) == "2:11 classes");
    CHECK(defined(document("  let y = image |> Unit(wid^th = mid, act = relu", after)) == "1:15 width");
    CHECK(defined(document("  let y = Unit(ima^ge, conv(mid, ", after)) == "3:9 image");
    CHECK(defined(document("  let y = [image |> Unit(mid, act = conv(m^id", after)) == "4:7 mid");
    CHECK_THAT(document("  let y = image |> conv(m^id, 3", after).hover(), Contains("`16`"));
    CHECK_THAT(document("  let y = image |> conv(mid, 3, stri^de = 2", after).hover(),
               Contains("step of the window"));
    CHECK_THAT(document("  let y = conv(ima^ge, mid", after).hover(), Contains("`f32[N, 3, 8, 8]`"));
  }
}

TEST_CASE("a name in a call without its closing bracket is renamed with the others") {
  Document open = document("  let y = image |> conv(m^id, 3", rest);
  auto found = occurrences(*open.analysis, open.offset);
  REQUIRE(found);
  CHECK(found->uses.size() == 1);
}

TEST_CASE("names are known in bodies that are not closed, to the end of the file") {
  for (const char* line :
       {"  let y = image\n  ^", "  for i in 0..mid {\n    let y = image |> relu\n\n    ^"}) {
    lsp::CompletionList list = complete(*document(line).analysis, document(line).offset, false);
    CHECK(std::ranges::count(list.items, "mid", &lsp::CompletionItem::label) == 1);
    CHECK(std::ranges::count(list.items, "y", &lsp::CompletionItem::label) == 1);
  }
}

/// Whether a token is a name that can be told without evaluating and without what stands after it.
static bool tellable(const Analysis& analysis, const std::vector<cnn::Token>& tokens, size_t i) {
  if (tokens[i].kind != cnn::TokenKind::Identifier) return false;
  if (i > 0 && tokens[i - 1].kind == cnn::TokenKind::Dot) return false;
  if (i + 1 < tokens.size() && tokens[i + 1].kind == cnn::TokenKind::Assign) return false;
  const cnn::Symbol* symbol = analysis.names.at(analysis.file(), tokens[i].span.end);
  return symbol && symbol->span.file == analysis.file() && symbol->span.end < tokens[i].span.begin;
}

TEST_CASE("a name in brackets is known as soon as it is written") {
  size_t names = 0;
  for (auto& entry : std::filesystem::recursive_directory_iterator(CNN_SOURCES "/tests/dsl/programs")) {
    if (entry.path().extension() != ".cnn") continue;
    std::string text = test::readFile(entry.path().string());
    AnalysisOptions options{CNN_SOURCES "/examples", nullptr, false};
    auto whole = analyse(entry.path().string(), text, options);
    const std::vector<cnn::Token>& tokens = whole->tokens.tokens;
    int depth = 0;
    for (size_t i = 0; i < tokens.size(); ++i) {
      depth += (tokens[i].kind == cnn::TokenKind::LeftParen) - (tokens[i].kind == cnn::TokenKind::RightParen);
      if (depth == 0 || !tellable(*whole, tokens, i)) continue;
      ++names;
      INFO(entry.path().string() << ": " << text.substr(0, tokens[i].span.end));
      auto prefix = analyse(entry.path().string(), text.substr(0, tokens[i].span.end), options);
      const cnn::Symbol* symbol = prefix->names.at(prefix->file(), tokens[i].span.end);
      REQUIRE(symbol);
      CHECK(symbol->span == whole->names.at(whole->file(), tokens[i].span.end)->span);
    }
  }
  CHECK(names > 100);
}
