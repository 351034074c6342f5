#include "recipe.h"

#include <cnn/recipe.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <sstream>

namespace cnn {
namespace {

/// The lines so far; numbers with as many digits as an f32 needs, which tells all that a person writes.
class Lines {
public:
  std::string prefix; // of the keys: "phase head: "
  void add(const std::string& key, const std::string& value) { text += prefix + key + " = " + value + "\n"; }
  void add(const std::string& key, double value) { add(key, number(value)); }
  static std::string number(double value) {
    char digits[32];
    std::snprintf(digits, sizeof(digits), "%.9g", value);
    return digits;
  }
  std::string text;
};

double orElse(double option, double section) {
  return std::isnan(option) ? section : option;
}

std::string joined(const std::vector<std::string>& parts, const char* separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : separator) + part;
  return text.empty() ? "none" : text;
}

/// resize(256), random_crop(28, padding = 4)
std::string settingText(const cnn_setting& setting) {
  std::string text = std::string(setting.name) + "(";
  for (std::uint32_t i = 0; i < setting.argument_count; ++i) {
    const char* name = setting.argument_names[i];
    text += (i ? ", " : "") + (*name ? std::string(name) + " = " : "") + setting.argument_values[i];
  }
  return text + ")";
}

std::string changesText(const cnn_augment* changes, std::uint32_t count) {
  std::vector<std::string> parts;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string inputs;
    for (std::uint32_t k = 0; k < changes[i].input_count; ++k)
      inputs += (k ? "," : " of ") + std::to_string(changes[i].inputs[k]);
    parts.push_back(settingText(changes[i].setting) + inputs);
  }
  return joined(parts, " |> ");
}

/// "0-3, 7"
std::string indicesText(const std::uint32_t* indices, std::uint32_t count) {
  std::vector<std::uint32_t> sorted(indices, indices + count);
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::string> parts;
  for (std::size_t i = 0, end; i < sorted.size(); i = end) {
    for (end = i + 1; end < sorted.size() && sorted[end] == sorted[end - 1] + 1;) ++end;
    std::string last = end - i > 1 ? "-" + std::to_string(sorted[end - 1]) : "";
    parts.push_back(std::to_string(sorted[i]) + last);
  }
  return joined(parts, ", ");
}

/// FNV-1a by words (Fowler, Noll, Vo), with the high half folded in so that every bit spreads.
class Hash {
public:
  void add(const void* data, std::size_t bytes) {
    auto* from = static_cast<const unsigned char*>(data);
    for (; bytes >= 8; from += 8, bytes -= 8) {
      std::uint64_t word;
      std::memcpy(&word, from, 8);
      mix(word);
    }
    for (; bytes > 0; ++from, --bytes) mix(*from);
  }
  std::uint64_t value = 0xcbf29ce484222325;

private:
  void mix(std::uint64_t word) {
    value = (value ^ word) * 0x100000001b3;
    value ^= value >> 32;
  }
};

/// Of what the samples hold: all of a small set, places all over a large one, the names of pictures in files.
std::uint64_t contents(const Dataset& data) {
  constexpr std::size_t small = std::size_t{4} << 20, pieces = 1024, piece = 4096;
  Hash hash;
  for (const Column& column : data.columns) {
    for (const std::string& file : column.files) {
      std::string name = std::filesystem::path(file).filename().string();
      hash.add(name.c_str(), name.size() + 1);
    }
    std::size_t bytes = column.bytes.size();
    if (bytes <= small) {
      hash.add(column.bytes.data(), bytes);
      continue;
    }
    for (std::size_t i = 0; i < pieces; ++i)
      hash.add(column.bytes.data() + (bytes - piece) / (pieces - 1) * i, piece);
  }
  return hash.value;
}

std::string dataText(const Dataset& data) {
  constexpr const char* elements[] = {"f32", "i32", "u8", "i64"};
  std::string text = std::to_string(data.count) + " samples";
  for (const Column& column : data.columns) {
    text += ", " + column.name + " " + elements[column.element & 3] + "[";
    for (std::size_t i = 0; i < column.shape.size(); ++i)
      text += (i ? ", " : "") + std::to_string(column.shape[i]);
    text += "]";
  }
  char hash[40];
  std::snprintf(hash, sizeof(hash), ", contents %016llx", static_cast<unsigned long long>(contents(data)));
  return text + hash;
}

std::string numbersText(const std::vector<float>& numbers) {
  std::vector<std::string> parts;
  for (float number : numbers) parts.push_back(Lines::number(static_cast<double>(number)));
  return joined(parts, ", ");
}

/// step(step_size = 3, gamma = 0.1): all arguments but the rate, which has a line of its own.
template <class Kind>
std::string kindText(const Kind& kind, const typename Kind::Values& values, double Kind::Values::* rate) {
  std::vector<std::string> parts;
  for (const auto& argument : kind.arguments) {
    if (argument.field == rate) continue;
    double value = values.*argument.field;
    bool flag = argument.is.kind == NumberKind::flag;
    std::string& part = parts.emplace_back(argument.name);
    part += " = ";
    part += flag ? (value != 0 ? "true" : "false") : Lines::number(value);
  }
  std::string text = kind.name;
  return parts.empty() ? text : text.append("(").append(joined(parts, ", ")).append(")");
}

std::string groupsText(const cnn_phase& phase) {
  std::vector<std::string> parts;
  for (std::uint32_t g = 0; g < phase.group_count; ++g) {
    const cnn_parameter_group& group = phase.groups[g];
    parts.push_back("parameters " + indicesText(group.parameters, group.parameter_count) + ": lr_scale " +
                    Lines::number(group.lr_scale) + ", weight_decay " + Lines::number(group.weight_decay));
  }
  return joined(parts, "; ");
}

void addPhase(Lines& lines, const cnn_training& table, const cnn_phase& phase, const TrainerOptions& options,
              std::int64_t samples) {
  const ScheduleKind& schedule = scheduleKinds[phase.schedule];
  bool oneCycle = phase.schedule == CNN_ONE_CYCLE;
  std::int64_t batch = options.batch > 0 ? options.batch : phase.batch;
  std::int64_t accumulate = options.accumulate > 0 ? options.accumulate : phase.accumulate;
  lines.add("batch", std::to_string(std::min(batch, samples)));
  lines.add("accumulate", std::to_string(std::max<std::int64_t>(accumulate, 1)));
  lines.add("optimizer", kindText(optimizerKinds[phase.optimizer], phase.hyper, &cnn_hyper::lr));
  lines.add("lr", orElse(options.lr, oneCycle ? phase.schedule_arguments.max_lr : phase.hyper.lr));
  lines.add("schedule", kindText(schedule, phase.schedule_arguments, &cnn_schedule_arguments::max_lr));
  if (schedule.byLength)
    lines.add("epochs (the schedule goes by them)",
              std::to_string(options.epochs > 0 ? options.epochs : phase.epochs));
  lines.add("clip_norm", orElse(options.clip_norm, phase.hyper.clip_norm));
  lines.add("frozen parameters", indicesText(phase.frozen, phase.frozen_count));
  lines.add("group", groupsText(phase));
  bool stops = options.stop_epochs > 0 || phase.stop_epochs > 0;
  std::string watched = options.stop_epochs > 0 ? options.stop_metric : table.metrics[phase.stop_metric].name;
  lines.add("stop", stops ? watched : "none");
}

/// The value of a key among lines; "none" where there is no such line.
std::string valueOf(const std::string& lines, const std::string& key) {
  std::istringstream stream(lines);
  for (std::string line; std::getline(stream, line);)
    if (line.compare(0, key.size() + 3, key + " = ") == 0) return line.substr(key.size() + 3);
  return "none";
}

} // namespace

std::string recipeOf(const cnn_training& table, const TrainerOptions& options, const DataSplits& data) {
  Lines lines;
  auto seed = options.seed >= 0 ? static_cast<std::uint64_t>(options.seed) : table.seed;
  lines.add("seed", std::to_string(seed));
  lines.add("data", dataText(data.train));
  if (data.validation.count > 0) lines.add("validation data", dataText(data.validation));
  lines.add("mean", numbersText(data.train.mean));
  lines.add("std", numbersText(data.train.deviation));
  lines.add("validation", orElse(options.validation, table.validation));
  lines.add("ema", orElse(options.ema, table.ema));
  lines.add("preprocess", changesText(table.description->preprocess, table.description->preprocess_count));
  lines.add("augment", changesText(table.augments, table.augment_count));
  std::vector<std::string> draws;
  for (std::uint32_t i = 0; i < table.draw_count; ++i) {
    const cnn_draw& draw = table.draws[i];
    draws.push_back(std::to_string(draw.input) +
                    (draw.distribution == CNN_INIT_NORMAL ? " normal " : " uniform ") +
                    Lines::number(draw.a) + ", " + Lines::number(draw.b));
  }
  lines.add("drawn inputs", joined(draws, "; "));
  for (std::uint32_t i = 0; i < table.phase_count; ++i) {
    const cnn_phase& phase = table.phases[i];
    if (*phase.name) lines.prefix = (table.steps ? "step " : "phase ") + std::string(phase.name) + ": ";
    addPhase(lines, table, phase, options, data.train.count);
  }
  return lines.text;
}

std::string recipeDifferences(const std::string& there, const std::string& here) {
  std::string text;
  for (const std::string* lines : {&here, &there}) {
    std::istringstream stream(*lines);
    for (std::string line; std::getline(stream, line);) {
      std::string key = line.substr(0, line.find(" = "));
      std::string own = valueOf(here, key), other = valueOf(there, key);
      bool told = lines == &there && ("\n" + here).find("\n" + key + " = ") != std::string::npos;
      if (own != other && !told) text += "\n  " + key + ": " + other + " there, " + own + " here";
    }
  }
  return text;
}

} // namespace cnn
