#include "shared_library.h"

#include <dlfcn.h>

namespace cnn {

SharedLibrary::SharedLibrary(const char* file, const char* package)
    : handle(dlopen(file, RTLD_NOW | RTLD_LOCAL)), package(package) {
  if (handle) return;
  const char* why = dlerror();
  missing = why ? why : file;
}

void* SharedLibrary::symbol(const char* name) {
  void* found = handle ? dlsym(handle, name) : nullptr;
  if (!found && missing.empty()) missing = std::string("no function ") + name;
  return found;
}

Status SharedLibrary::status(const std::string& path) const {
  if (missing.empty()) return {};
  return Status::error(CNN_ERROR_FILE,
                       "%s: the library that reads it cannot be opened (%s); Debian's package is %s",
                       path.c_str(), missing.c_str(), package.c_str());
}

} // namespace cnn
