// Reading whole files of unknown honesty.
#ifndef CNN_DATA_FILE_BYTES_H
#define CNN_DATA_FILE_BYTES_H

#include <cnn/data.hpp>

#include <span>

namespace cnn {

/// Bytes read from front to back. Every error names where they are from.
class ByteSource {
public:
  virtual ~ByteSource() = default;
  /// Appends exactly `bytes`; memory grows with what can be there, not with what is promised. `what` names it
  /// in the errors for a source that is shorter, and for memory that is.
  virtual Status read(std::uint64_t bytes, std::vector<std::uint8_t>& to, const char* what) = 0;
  /// An error where something is left.
  virtual Status expect_end(const char* what) = 0;
};

/// A file, plain or gzip.
class ByteFile : public ByteSource {
public:
  static Result<ByteFile> open(const std::string& path);
  ByteFile(ByteFile&& other) noexcept;
  ~ByteFile() override;

  Status read(std::uint64_t bytes, std::vector<std::uint8_t>& to, const char* what) override;
  /// Nothing is left. False as well where reading on would fail.
  bool at_end();
  Status expect_end(const char* what) override;

private:
  ByteFile(std::string path, void* handle, std::uint64_t size)
      : path(std::move(path)), handle(handle), size(size) {}
  /// That the file can hold.
  std::uint64_t mostBytes() const;
  Status failure(const char* what, std::uint64_t missing);
  std::string path;
  void* handle;       // gzFile
  std::uint64_t size; // in the folder
};

/// An array in NumPy's format, as read_npy reads it from a file; `name` is the source's in errors.
Result<Column> readArray(ByteSource& source, const std::string& name, std::int64_t& count);

bool file_exists(const std::string& path);

/// The first folder of `candidates` that holds all `files` (as they are, or with .gz); an error that lists
/// where it looked and what was missing, with `hint` at its end.
Result<std::string> find_folder(const std::vector<std::string>& candidates,
                                const std::vector<std::string>& files, const std::string& name,
                                const std::string& hint);
/// `path`, or path.gz where only that exists.
std::string plain_or_gzip(const std::string& path);

} // namespace cnn
#endif
