//===- c_names.cpp - Names of a generated library in C and C++ ---------------------------------------===//

#include "groups_to_llvm/c_names.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

#include <map>
#include <set>

namespace cnn {
namespace {

using Names = llvm::StringSet<>;

void add(Names& names, llvm::StringRef text) {
  llvm::SmallVector<llvm::StringRef> words;
  llvm::SplitString(text, words);
  for (llvm::StringRef word : words) names.insert(word);
}

const Names& reservedWords() {
  static const Names words = [] {
    Names names;
#define RESERVED_WORDS(text) add(names, text);
#define RESERVED_GLOBALS(text)
#define RESERVED_HEADERS(text)
#include "groups_to_llvm/reserved_names.def"
    return names;
  }();
  return words;
}

const Names& reservedGlobals() {
  static const Names globals = [] {
    Names names;
#define RESERVED_WORDS(text)
#define RESERVED_GLOBALS(text) add(names, text);
#define RESERVED_HEADERS(text) add(names, text);
#include "groups_to_llvm/reserved_names.def"
    return names;
  }();
  return globals;
}

/// POSIX keeps all such names for types.
bool isTypeName(llvm::StringRef name) {
  return name.ends_with("_t");
}

/// As macros are written: EOF, I, PRIu64, L_tmpnam.
bool looksLikeMacro(llvm::StringRef name) {
  return llvm::none_of(name, [](char c) { return llvm::isLower(c); }) ||
         (llvm::isUpper(name.front()) && (name.contains('_') || (name.size() > 1 && llvm::isUpper(name[1]))));
}

bool isReservedGlobal(llvm::StringRef name) {
  if (reservedWords().contains(name) || reservedGlobals().contains(name) || isTypeName(name)) return true;
  // C23's functions for one type: sinf32x, strtof128.
  for (llvm::StringRef type : {"f128", "f64x", "f64", "f32x", "f32"})
    if (llvm::StringRef base = name; base.consume_back(type)) return reservedGlobals().contains(base);
  return false;
}

/// The runtime's own, and Halide's.
bool beginsAsRuntime(llvm::StringRef name) {
  return name == "cnn" || name.starts_with("cnn_") || name.starts_with("halide_");
}

bool isIdentifier(llvm::StringRef name) {
  return !name.empty() && !llvm::isDigit(name.front()) &&
         llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

/// What the generated headers use where arguments are in scope.
bool isUsedByHeaders(llvm::StringRef name) {
  static const Names own = [] {
    Names names;
    add(names,
        "batch hyper inputs model options outputs phase predict results run std step Model Options Hyper "
        "Phase TrainableModel training_table train_step forward_backward begin_phase create");
    return names;
  }();
  return own.contains(name) || beginsAsRuntime(name);
}

/// In order: those that would be the same as an earlier one get a number behind them.
std::vector<std::string> allDifferent(std::vector<std::string> names) {
  std::set<std::string> taken(names.begin(), names.end()), used;
  for (std::string& name : names) {
    std::string base = name;
    for (int number = 2; used.count(name) || (name != base && taken.count(name)); ++number)
      name = base + "_" + std::to_string(number);
    used.insert(name);
  }
  return names;
}

std::string withUnderscores(std::string name) {
  for (char& c : name)
    if (!llvm::isAlnum(c)) c = '_';
  return name.empty() || llvm::isDigit(name.front()) ? "n" + name : name;
}

} // namespace

std::string libraryNameOf(const std::string& network) {
  if (!isIdentifier(network)) return "";
  std::string name = llvm::StringRef(network).lower();
  if (!llvm::isAlpha(name.front()) || beginsAsRuntime(name))
    return "net_" + llvm::StringRef(name).ltrim('_').str();
  return isReservedGlobal(name) ? name + "_net" : name;
}

std::string whyNoLibraryName(const std::string& name) {
  if (!isIdentifier(name) || name.front() == '_')
    return "expected a letter, then letters, digits and underscores";
  std::string lower = llvm::StringRef(name).lower();
  if (beginsAsRuntime(lower)) return "names that begin so are the runtime's";
  if (isReservedGlobal(name) || isReservedGlobal(lower))
    return "C, C++ or their headers use this name themselves";
  return "";
}

std::vector<std::string> identifiersOf(const std::vector<std::string>& names) {
  std::vector<std::string> identifiers;
  for (const std::string& name : names) {
    std::string& identifier = identifiers.emplace_back(withUnderscores(name));
    bool reserved = reservedWords().contains(identifier) || isTypeName(identifier) ||
                    looksLikeMacro(identifier) || isUsedByHeaders(identifier) || identifier.front() == '_';
    if (reserved) identifier += "_";
  }
  return allDifferent(std::move(identifiers));
}

std::vector<std::string> plainNamesOf(const std::vector<std::string>& names) {
  std::vector<std::string> plain;
  for (const std::string& name : names) plain.push_back(withUnderscores(name));
  return allDifferent(std::move(plain));
}

std::vector<std::string> constantsOf(const std::vector<std::string>& names) {
  std::map<std::string, int> counts;
  std::vector<std::string> plain;
  for (const std::string& name : names)
    ++counts[llvm::StringRef(plain.emplace_back(withUnderscores(name))).upper()];
  for (std::string& name : plain)
    if (std::string capitals = llvm::StringRef(name).upper(); counts[capitals] == 1) name = capitals;
  return allDifferent(std::move(plain));
}

} // namespace cnn
