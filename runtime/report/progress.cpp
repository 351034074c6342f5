#include "progress.h"

#include <algorithm>
#include <cinttypes>
#include <sys/ioctl.h>
#include <unistd.h>

namespace cnn {
namespace {

template <class... Values> std::string format(const char* pattern, Values... values) {
  char text[512];
  std::snprintf(text, sizeof(text), pattern, values...);
  return text;
}

// A line that wraps could not be redrawn.
std::size_t lineWidth(int file) {
  winsize size{};
  return ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1u : 100;
}

std::string duration(double seconds) {
  auto whole = static_cast<long long>(seconds + 0.5);
  return seconds < 10   ? format("%.1f s", seconds)
         : whole < 60   ? format("%lld s", whole)
         : whole < 3600 ? format("%lld:%02lld min", whole / 60, whole % 60)
                        : format("%lld:%02lld h", whole / 3600, whole / 60 % 60);
}

} // namespace

std::string formatValue(bool percent, double value) {
  return percent ? format("%.1f %%", 100 * value) : format("%.4f", value);
}

std::string counted(std::uint64_t number, const char* what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

Progress::Progress(std::FILE* wanted, bool quiet, const cnn_training& table)
    : out(wanted ? wanted : stderr), quiet(quiet), terminal(isatty(fileno(out)) == 1), table(table) {}

void Progress::note(const std::string& text) {
  if (quiet) return;
  std::fprintf(out, "%s\n", text.c_str());
  std::fflush(out);
}

void Progress::warn(const std::string& text) {
  std::fprintf(out, "warning: %s\n", text.c_str());
  std::fflush(out);
}

void Progress::begin(std::int64_t number, std::int64_t of, std::int64_t count, std::int64_t already) {
  epoch = number;
  epochs = of;
  samples = count;
  done = first = already;
  started = Clock::now();
  drawn = {};
}

std::string Progress::results(const std::vector<double>& sums, std::int64_t summed) const {
  std::string text;
  for (std::uint32_t i = 0; i < table.results_count && summed > 0; ++i)
    text += std::string("  ") + (i == 0 && !table.steps ? "loss" : table.metrics[i].name) + " " +
            formatValue(table.metrics[i].unit == CNN_PERCENT, sums[i] / static_cast<double>(summed));
  return text;
}

void Progress::clearLine() {
  if (terminal) std::fprintf(out, "\r\033[K");
}

void Progress::advance(std::int64_t count, const std::vector<double>& sums, std::int64_t summed, double lr) {
  done += count;
  if (quiet || !terminal) return;
  Clock::time_point now = Clock::now();
  if (now - drawn < std::chrono::milliseconds(100) && done < samples) return;
  drawn = now;
  double seconds = std::chrono::duration<double>(now - started).count();
  double speed = seconds > 0 ? static_cast<double>(done - first) / seconds : 0;
  constexpr int width = 24;
  auto filled = static_cast<int>(width * done / std::max<std::int64_t>(samples, 1));
  std::string bar = std::string(static_cast<std::size_t>(filled), '#') +
                    std::string(static_cast<std::size_t>(width - filled), '.');
  std::string line =
      format("%sepoch %" PRId64 "/%" PRId64 " [%s] %s  %.0f/s%s  lr %.3g", phase.c_str(), epoch + 1, epochs,
             bar.c_str(), speed > 0 ? duration(static_cast<double>(samples - done) / speed).c_str() : "",
             speed, results(sums, summed).c_str(), lr);
  clearLine();
  std::fputs(line.substr(0, lineWidth(fileno(out))).c_str(), out);
  std::fflush(out);
}

void Progress::end(const std::vector<double>& sums, std::int64_t summed, double lr,
                   const std::vector<MetricValue>& validation) {
  if (quiet) return;
  double seconds = std::chrono::duration<double>(Clock::now() - started).count();
  std::string held;
  for (const MetricValue& metric : validation)
    held += "  validation " + metric.name + " " + formatValue(metric.percent, metric.value);
  clearLine();
  std::fprintf(out, "%sepoch %" PRId64 "/%" PRId64 "  %s  %.0f samples/s%s%s  lr %.3g\n", phase.c_str(),
               epoch + 1, epochs, duration(seconds).c_str(),
               seconds > 0 ? static_cast<double>(done - first) / seconds : 0.0, results(sums, summed).c_str(),
               held.c_str(), lr);
  std::fflush(out);
}

} // namespace cnn
