#include "exceptions.h"

#include <new>
#include <stdexcept>
#include <system_error>

namespace cnn {

Status caughtException() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return Status::error(CNN_ERROR_MEMORY, "no memory");
  } catch (const std::length_error&) {
    return Status::error(CNN_ERROR_MEMORY, "no memory: more was asked for than there can be");
  } catch (const std::system_error& why) {
    return Status::error(CNN_ERROR_MEMORY, "a thread cannot be started: %s", why.what());
  }
}

} // namespace cnn
