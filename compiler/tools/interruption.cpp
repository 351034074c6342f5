//===- interruption.cpp - What Ctrl-C does to a training ------------------------------------------===//

#include "interruption.h"

#include <csignal>
#include <cstring>
#include <unistd.h>

namespace cnn::tools {
namespace {

Trainer* training = nullptr;
volatile std::sig_atomic_t asksFirst = 0, ending = 0;
struct sigaction before[2];
constexpr int signals[2] = {SIGINT, SIGTERM};

void say(const char* text) {
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, text, std::strlen(text));
}

void handle(int signal) {
  if (ending) {
    std::signal(signal, SIG_DFL);
    std::raise(signal); // delivered when the handler returns
    return;
  }
  if (signal == SIGINT && asksFirst) {
    asksFirst = 0;
    say("\nwithout --checkpoint all that was trained so far would be lost: training goes on; "
        "Ctrl-C once more ends it\n");
    return;
  }
  ending = signal;
  training->interrupt();
  if (isatty(STDERR_FILENO)) say("\nending after this step; Ctrl-C once more ends at once\n");
}

} // namespace

Interruption::Interruption(Trainer& trainer, bool losesWeights) {
  training = &trainer;
  ending = 0;
  asksFirst = losesWeights && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
  for (int i = 0; i < 2; ++i) {
    sigaction(signals[i], nullptr, &before[i]);
    if (before[i].sa_handler == SIG_IGN) continue; // whoever started this wants it so
    struct sigaction wanted{};
    wanted.sa_handler = handle;
    wanted.sa_flags = SA_RESTART;
    sigaction(signals[i], &wanted, nullptr);
  }
}

Interruption::~Interruption() {
  for (int i = 0; i < 2; ++i) sigaction(signals[i], &before[i], nullptr);
  training = nullptr;
}

void Interruption::endBySignal() {
  if (!ending) return;
  std::signal(ending, SIG_DFL);
  std::raise(ending);
}

} // namespace cnn::tools
