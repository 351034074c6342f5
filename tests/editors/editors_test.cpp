#include "dsl/source_to_ast/parser.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>

using namespace cnn;
using Words = std::set<std::string>;

static nlohmann::json readJson(const std::string& path) {
  std::ifstream stream(path);
  REQUIRE(stream.good());
  return nlohmann::json::parse(stream);
}

/// The words in `\b(a|b|c)\b` of a pattern.
static Words alternatives(const std::string& pattern) {
  std::smatch list;
  REQUIRE(std::regex_search(pattern, list, std::regex(R"(\(((?:[a-z]+\|)+[a-z]+)\)\\b)")));
  Words words;
  std::string text = list[1];
  std::regex one("[a-z]+");
  for (std::sregex_iterator word(text.begin(), text.end(), one), end; word != end; ++word)
    words.insert((*word)[0]);
  return words;
}

static size_t mistakes(const std::string& text) {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  ast::AstContext context;
  parse(sources, sources.addText("test.cnn", text), context, diagnostics);
  return diagnostics.count();
}

static nlohmann::json grammar() {
  return readJson(CNN_EDITORS "/vscode/syntaxes/cnn.tmLanguage.json")["repository"];
}

TEST_CASE("the grammar's keywords are the lexer's") {
  Words keywords = {
#define CNN_TOKEN(name, spelling)
#define CNN_KEYWORD(name, spelling) spelling,
#include "dsl/source_to_ast/tokens.def"
  };
  Words found;
  nlohmann::json rules = grammar();
  for (auto& pattern : rules["keywords"]["patterns"]) found.merge(alternatives(pattern["match"]));
  CHECK(found == keywords);
}

TEST_CASE("the grammar's section words are names elsewhere") {
  for (const std::string& word : alternatives(grammar()["contextual"]["match"])) {
    INFO(word);
    CHECK(mistakes("let " + word + " = 1\n") == 0);
  }
}

TEST_CASE("the grammar's section words are all that the reference names") {
  std::ifstream stream(CNN_EDITORS "/../README.md");
  std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  size_t end = text.find("keywords only at the start of a statement");
  REQUIRE(end != std::string::npos);
  size_t begin = text.rfind("`init`", end);
  REQUIRE(begin != std::string::npos);
  std::string sentence = text.substr(begin, end - begin);
  Words wanted;
  std::regex quoted("`([a-z]+)`");
  for (std::sregex_iterator word(sentence.begin(), sentence.end(), quoted), last; word != last; ++word)
    wanted.insert((*word)[1]);
  CHECK(alternatives(grammar()["contextual"]["match"]) == wanted);
}

TEST_CASE("snippets are programs once their places are filled in") {
  nlohmann::json snippets = readJson(CNN_EDITORS "/vscode/snippets/cnn.json");
  CHECK(snippets.size() >= 7);
  for (auto& [name, snippet] : snippets.items()) {
    std::string text;
    if (snippet["body"].is_string())
      text = snippet["body"];
    else
      for (const nlohmann::json& line : snippet["body"]) text += line.get<std::string>() + "\n";
    // A place alone on its line stays empty. The innermost first: ${1:text} is text, $0 and ${1} are a name.
    text = std::regex_replace(text, std::regex("\n\t\\$0(?=\n)"), "\n");
    std::regex withDefault(R"(\$\{[0-9]+:([^{}$]*)\})"), withoutDefault(R"(\$\{?[0-9]+\}?)");
    text = std::regex_replace(text, std::regex(R"(\$\{([0-9]+)\})"), "place");
    while (std::regex_search(text, withDefault)) text = std::regex_replace(text, withDefault, "$1");
    text = std::regex_replace(text, withoutDefault, "place");
    bool declaration = text.starts_with("network") || text.starts_with("block") || text.starts_with("func") ||
                       text.starts_with("train") || text.starts_with("///");
    bool statement = text.starts_with("for");
    if (!declaration)
      text = "block Around(x, place: int) {\n" + (statement ? text + "return x\n" : "return " + text + "\n") +
             "}\n";
    INFO(name << ":\n" << text);
    CHECK(mistakes(text) == 0);
  }
}
