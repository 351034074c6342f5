//===- internal_error.cpp - Mistakes of the compiler itself -------------------------------------------===//

#include "internal_error.h"

#include "llvm/Support/ErrorHandling.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <unistd.h>

namespace cnn::tools {
namespace {

constexpr char claim[] =
    "error: internal error: this is a bug in cnnc, not a mistake in the file\n"
    "  note: please report it in the project's issue tracker, with the .cnn file, the command and what "
    "cnnc --version prints\n";

std::atomic<bool> reported{false};
/// Before a crash there is no time to build it.
char filePlace[4096];

bool wantsDetails() {
  const char* wanted = std::getenv("CNNC_DETAILS");
  return wanted && *wanted && std::strcmp(wanted, "0") != 0;
}

void put(const char* text) {
  [[maybe_unused]] auto written = write(STDERR_FILENO, text, std::strlen(text));
}

[[noreturn]] void endAfter(const char* details) {
  if (!reported.exchange(true)) {
    put(filePlace);
    put(claim);
  }
  if (wantsDetails()) {
    put(details);
    put("\n");
  }
  _exit(internalErrorStatus);
}

void onSignal(int signal) {
  endAfter(signal == SIGSEGV ? "a segmentation fault" : signal == SIGABRT ? "an abort" : "a fatal signal");
}

void onFatalError(void*, const char* reason, bool) {
  endAfter(reason);
}

[[noreturn]] void endWithoutMemory() {
  put("error: out of memory\n");
  _exit(1);
}

void onNoMemory(void*, const char*, bool) {
  endWithoutMemory();
}

/// An exception that nothing caught.
[[noreturn]] void onTerminate() {
  try {
    if (std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    endWithoutMemory();
  } catch (const std::exception& exception) {
    endAfter(exception.what());
  } catch (...) {
  }
  endAfter("an exception of unknown type");
}

} // namespace

int internalError(const std::string& place, const std::string& details) {
  if (!reported.exchange(true))
    std::fprintf(stderr, "%s%s%s", place.c_str(), place.empty() ? "" : ": ", claim);
  if (wantsDetails()) std::fprintf(stderr, "%s\n", details.c_str());
  return internalErrorStatus;
}

bool hadInternalError() {
  return reported;
}

void catchInternalErrors(const std::string& file) {
  std::snprintf(filePlace, sizeof filePlace, "%s%s", file.c_str(), file.empty() ? "" : ": ");
  llvm::install_fatal_error_handler(onFatalError);
  llvm::install_bad_alloc_error_handler(onNoMemory);
  std::set_terminate(onTerminate);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // these report themselves
  // A stack of its own: where the other is used up, the handler still runs.
  static char stack[1 << 16];
  stack_t other{};
  other.ss_sp = stack;
  other.ss_size = sizeof stack;
  sigaltstack(&other, nullptr);
  struct sigaction action{};
  action.sa_handler = onSignal;
  action.sa_flags = SA_ONSTACK;
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigaction(signal, &action, nullptr);
#endif
}

} // namespace cnn::tools
