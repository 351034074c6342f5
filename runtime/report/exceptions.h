// The border between the C++ that the runtime uses and the programs that use the runtime.
#ifndef CNN_REPORT_EXCEPTIONS_H
#define CNN_REPORT_EXCEPTIONS_H

#include <cnn/result.hpp>

namespace cnn {

/// To be called where everything is caught: no exception of the standard library leaves a function that
/// gives a Status. Memory or a thread that could not be had is CNN_ERROR_MEMORY. What is not the standard
/// library's goes on: it comes from a function that the program passed.
Status caughtException();

} // namespace cnn
#endif
