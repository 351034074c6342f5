// What a person sees while training runs.
#ifndef CNN_REPORT_PROGRESS_H
#define CNN_REPORT_PROGRESS_H

#include <cnn/trainer.hpp>

#include <chrono>

namespace cnn {

/// A share of 1 as a percentage, everything else with four digits.
std::string formatValue(bool percent, double value);

/// "1 epoch", "2 epochs"
std::string counted(std::uint64_t number, const char* what);

/// A bar that is redrawn on a terminal; elsewhere one line an epoch.
class Progress {
public:
  Progress(std::FILE* out, bool quiet, const cnn_training& table);

  /// "training on 60000 samples, …"
  void note(const std::string& text);
  /// "warning: …", also where there is no progress to see.
  void warn(const std::string& text);
  /// What each epoch's line begins with; empty: nothing.
  void beginPhase(const std::string& name) { phase = name.empty() ? "" : name + " "; }
  void begin(std::int64_t epoch, std::int64_t epochs, std::int64_t samples, std::int64_t done);
  /// `sums`: the results times the samples that they are means of, so far.
  void advance(std::int64_t count, const std::vector<double>& sums, std::int64_t summed, double lr);
  /// The epoch's line; validation metrics at its end, if any.
  void end(const std::vector<double>& sums, std::int64_t summed, double lr,
           const std::vector<MetricValue>& validation);

private:
  using Clock = std::chrono::steady_clock;
  std::string results(const std::vector<double>& sums, std::int64_t summed) const;
  void clearLine();

  std::FILE* out;
  bool quiet, terminal;
  const cnn_training& table;
  std::string phase;
  std::int64_t epoch = 0, epochs = 0, samples = 0, done = 0, first = 0;
  Clock::time_point started, drawn;
};

} // namespace cnn
#endif
