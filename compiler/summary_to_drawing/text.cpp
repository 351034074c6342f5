//===- text.cpp - Texts of a drawing ------------------------------------------------------------------===//

#include "summary_to_drawing/text.h"

#include "summary_to_drawing/placement.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>

namespace cnn {
namespace {

bool startsCharacter(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

/// Three digits: 4.09, 40.9, 409.
std::string threeDigits(double number) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << llvm::format("%.*f", number < 9.995 ? 2 : number < 99.95 ? 1 : 0, number);
  return text;
}

std::string scaled(int64_t number, double base, llvm::ArrayRef<const char*> units) {
  if (double(number) < base) return std::to_string(number) + units[0];
  double value = double(number);
  size_t unit = 0;
  while (value >= base * 0.9995 && unit + 1 < units.size()) {
    value /= base;
    ++unit;
  }
  return threeDigits(value) + units[unit];
}

} // namespace

std::string escaped(std::string_view text) {
  std::string clean;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = static_cast<unsigned char>(text[i]);
    std::string_view three = text.substr(i, 3);
    if (byte < 0x20 && byte != '\n' && byte != '\t') {
      clean += "\xEF\xBF\xBD";
    } else if (three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF") { // U+FFFE, U+FFFF
      clean += "\xEF\xBF\xBD";
      i += 2;
    } else {
      clean += text[i];
    }
  }
  std::string result;
  llvm::raw_string_ostream stream(result);
  llvm::printHTMLEscaped(clean, stream);
  return result;
}

std::string shortNumber(int64_t number) {
  return scaled(number, 1000, {"", " k", " M", " G", " T"});
}

std::string shortBytes(int64_t bytes) {
  return scaled(bytes, 1024, {" B", " KiB", " MiB", " GiB", " TiB"});
}

std::string fitted(std::string_view text, size_t characters, Keep keep) {
  size_t excess = charactersOf(text);
  if (excess <= characters) return std::string(text);
  excess -= characters - 1;
  if (keep == Keep::front) {
    size_t end = text.size();
    while (excess > 0)
      if (startsCharacter(text[--end])) --excess;
    return std::string(text.substr(0, end)) + "…";
  }
  size_t begin = 0;
  for (; excess > 0 || !startsCharacter(text[begin]); ++begin)
    if (startsCharacter(text[begin])) --excess;
  return "…" + std::string(text.substr(begin));
}

size_t charactersOf(std::string_view text) {
  return size_t(llvm::count_if(text, startsCharacter));
}

std::string nameOf(const NetworkPart& part) {
  return llvm::isDigit(part.label.front()) ? part.path : part.label;
}

std::string sampleShape(const Shape& shape) {
  std::string text;
  for (size_t i = shape.empty() || shape[0].extent >= 0 ? 0 : 1; i < shape.size(); ++i)
    text += (text.empty() ? "" : " × ") + shape[i].text;
  return text;
}

std::string shortSettings(const Layer& layer, size_t characters) {
  std::string all;
  for (auto& [name, value] : layer.settings) {
    std::string text = name == "kernel" ? llvm::join(llvm::split(value, 'x'), "×") : name + " " + value;
    if (!all.empty()) text = ", " + text;
    if (charactersOf(all) + charactersOf(text) > characters) break;
    all += text;
  }
  return all;
}

std::string shortShape(const Shape& shape) {
  return fitted(sampleShape(shape), 18, Keep::front);
}

bool hasSettingsLine(const Layer& layer) {
  constexpr size_t gap = 3; // between texts of different weight
  std::string all = shortSettings(layer, lineCharacters);
  return !all.empty() &&
         layer.operation.size() + charactersOf(shortShape(layer.shape)) + charactersOf(all) + gap >
             lineCharacters;
}

bool sharesWeights(const NetworkSummary& network, const NetworkPart& part) {
  bool any = false;
  for (size_t i = part.begin; i < part.end; ++i) {
    if (network.layers[i].cost.parameters) return false;
    any = any || !network.layers[i].weightsOf.empty();
  }
  return any;
}

std::string shortCost(const LayerCost& cost, bool sharesWeights) {
  std::string text = sharesWeights ? "shared weights" : "";
  if (cost.parameters) text = shortNumber(cost.parameters) + " params";
  if (cost.macs) text += (text.empty() ? "" : " · ") + shortNumber(cost.macs) + " MACs";
  return text;
}

std::string counted(size_t number, std::string_view noun) {
  return grouped(int64_t(number)) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

std::string factsOf(const NetworkSummary& network, const NetworkPart& part) {
  std::string facts = part.path;
  auto add = [&](std::string_view name, const std::string& value) {
    facts += "\n" + std::string(name) + ": " + value;
  };
  if (part.isBlock()) {
    add("block of", counted(part.end - part.begin, "layer"));
  } else {
    const Layer& layer = network.layers[part.begin];
    add("operation", layer.operation);
    for (auto& [name, value] : layer.settings) add(name, value);
    for (size_t value : layer.inputs) add("input", shapeText(shapeOfValue(network, value)));
    add("output", shapeText(layer.shape));
    if (!layer.weightsOf.empty()) add("weights", "those of " + layer.weightsOf);
  }
  LayerCost cost = costOf(network, part);
  add("parameters", grouped(cost.parameters));
  add("their bytes", grouped(cost.parameterBytes));
  add("MACs a sample", grouped(cost.macs));
  add(part.isBlock() ? "activations, bytes a sample" : "activation, bytes a sample",
      grouped(cost.resultBytes));
  return facts;
}

std::vector<std::pair<std::string, std::string>> totalsOf(const NetworkSummary& network) {
  const LayerCost& total = network.total;
  std::vector<std::pair<std::string, std::string>> totals = {
      {grouped(total.parameters), "parameters"},
      {shortBytes(total.parameterBytes), "of parameters"},
      {shortNumber(total.macs), "MACs a sample"},
      {shortBytes(total.resultBytes), "of activations a sample"},
  };
  if (!network.freeSizes.empty()) {
    totals.emplace_back(llvm::join(network.freeSizes, ", "), "count as 1");
    return totals;
  }
  totals.emplace_back(shortBytes(network.inference.blockBytes), "inference arena a sample");
  if (network.training.empty()) return totals;
  auto bytes = [](auto& training) { return training.second.blockBytes; };
  const ArenaSummary& largest = std::ranges::max_element(network.training, {}, bytes)->second;
  totals.emplace_back(shortBytes(largest.blockBytes),
                      "training arena for " + counted(size_t(largest.samples), "sample"));
  return totals;
}

} // namespace cnn
