// Picture libraries are opened when the first picture of their kind is read, so that a program that reads
// none is neither linked with them nor needs them where it runs.
#ifndef CNN_IMAGE_SHARED_LIBRARY_H
#define CNN_IMAGE_SHARED_LIBRARY_H

#include <cnn/result.hpp>

#include <string>

namespace cnn {

/// Lives for as long as the program; `file` is the library's soname, `package` Debian's package of it.
class SharedLibrary {
public:
  SharedLibrary(const char* file, const char* package);

  /// A pointer to the function of this name; null where there is none, and then status() says so.
  template <class Function> void find(const char* name, Function*& function) {
    function = reinterpret_cast<Function*>(symbol(name));
  }
  /// Whether the library and all functions were found; `path` is the picture that needs them.
  Status status(const std::string& path) const;

private:
  void* symbol(const char* name);
  void* handle;
  std::string package, missing;
};

} // namespace cnn
#endif
