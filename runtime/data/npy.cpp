// NumPy's format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#include "file_bytes.h"

#include "../files/replacement.h"
#include "../image/within_memory.h"
#include "../report/exceptions.h"

#include <cctype>
#include <cstring>

namespace cnn {
namespace {

struct TypeRow {
  const char* descr;
  int element;
  std::uint64_t bytes;
};
constexpr TypeRow types[] = {{"'<f4'", CNN_F32, 4},
                             {"'<i4'", CNN_I32, 4},
                             {"'<i8'", CNN_I64, 8},
                             {"'|u1'", CNN_U8, 1},
                             {"'<u1'", CNN_U8, 1}};

// The header is a Python literal of three known keys; anything else is refused.
class Header {
public:
  Header(const std::string& path, const std::string& text) : path(path), text(text) {}

  Status parse() {
    std::string descr = valueOf("'descr':"), order = valueOf("'fortran_order':"), tuple = valueOf("'shape':");
    for (const TypeRow& row : types)
      if (descr == row.descr) type = &row;
    if (!type) {
      const std::string hint = conversionOf(descr);
      return Status::error(CNN_ERROR_FORMAT, "%s: expected element type <f4, <i4, <i8 or |u1, found %s%s",
                           path.c_str(), descr.empty() ? "none" : descr.c_str(), hint.c_str());
    }
    if (order == "True")
      return Status::error(CNN_ERROR_FORMAT,
                           "%s: expected C order, found fortran_order True: save it by "
                           "numpy.save(path, numpy.ascontiguousarray(array))",
                           path.c_str());
    if (order != "False")
      return Status::error(CNN_ERROR_FORMAT, "%s: expected fortran_order False, found %s", path.c_str(),
                           order.empty() ? "none" : order.c_str());
    return parseShape(tuple);
  }

  const TypeRow* type = nullptr;
  std::vector<std::int64_t> shape;
  std::uint64_t elements = 1;

private:
  /// What to do about an array of another type; empty for what is no type of numbers.
  static std::string conversionOf(const std::string& descr) {
    constexpr std::size_t kindAt = 2; // "'<f8'"
    if (descr.size() < 5 || descr.size() > 6 || descr.front() != '\'' || !descr[kindAt]) return "";
    const char* kind = std::strchr("fiub", descr[kindAt]);
    if (!kind || !std::isdigit(static_cast<unsigned char>(descr[kindAt + 1]))) return "";
    const std::string bytes = descr.substr(kindAt + 1, descr.size() - kindAt - 2);
    std::string name = *kind == 'f' ? "float" : *kind == 'i' ? "int" : *kind == 'u' ? "uint" : "bool";
    if (*kind != 'b') name += std::to_string(8 * std::atoi(bytes.c_str()));
    return " (" + name + (descr[1] == '>' ? ", big-endian" : "") +
           "): save it by numpy.save(path, array.astype(numpy." +
           (*kind == 'f'   ? "float32"
            : *kind == 'b' ? "uint8"
                           : "int64") +
           "))";
  }

  std::string valueOf(const char* key) const {
    std::size_t at = text.find(key);
    if (at == std::string::npos) return "";
    at = text.find_first_not_of(' ', at + std::strlen(key));
    if (at == std::string::npos) return "";
    std::size_t end = text[at] == '(' ? text.find(')', at) : text.find_first_of(",}", at);
    if (end == std::string::npos) return "";
    return text.substr(at, end - at + (text[at] == '('));
  }

  Status parseShape(const std::string& tuple) {
    auto malformed = [&] {
      return Status::error(CNN_ERROR_FORMAT, "%s: expected a shape of 1 to %d dimensions, found %s",
                           path.c_str(), CNN_MAX_RANK, tuple.empty() ? "none" : tuple.c_str());
    };
    if (tuple.size() < 3) return malformed();
    for (std::size_t at = 1; at < tuple.size() - 1;) {
      if (tuple[at] == ' ' || tuple[at] == ',') {
        ++at;
        continue;
      }
      if (tuple[at] < '0' || tuple[at] > '9') return malformed();
      std::uint64_t extent = 0;
      for (; tuple[at] >= '0' && tuple[at] <= '9'; ++at)
        if (__builtin_mul_overflow(extent, 10u, &extent) ||
            __builtin_add_overflow(extent, static_cast<unsigned>(tuple[at] - '0'), &extent))
          return malformed();
      if (extent == 0)
        return Status::error(CNN_ERROR_FORMAT, "%s: an empty array, of shape %s: expected at least one value",
                             path.c_str(), tuple.c_str());
      if (__builtin_mul_overflow(elements, extent, &elements) || elements > std::uint64_t{1} << 40)
        return Status::error(CNN_ERROR_FORMAT, "%s: impossible shape %s", path.c_str(), tuple.c_str());
      shape.push_back(static_cast<std::int64_t>(extent));
    }
    return shape.empty() || shape.size() > CNN_MAX_RANK ? malformed() : Status();
  }

  const std::string& path;
  const std::string& text;
};

} // namespace

Result<Column> readArray(ByteSource& source, const std::string& path, std::int64_t& count) {
  std::vector<std::uint8_t> bytes;
  if (Status bad = source.read(8, bytes, "header"); !bad) return bad;
  if (std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0)
    return Status::error(CNN_ERROR_FORMAT, "%s: not an .npy file%s", path.c_str(),
                         std::memcmp(bytes.data(), "PK", 2) == 0
                             ? ", but a zip archive, as numpy.savez writes: npz(\"path\") reads its arrays"
                             : "");
  int version = bytes[6];
  std::size_t lengthBytes = version == 1 ? 2 : 4;
  if (version < 1 || version > 3)
    return Status::error(CNN_ERROR_FORMAT, "%s: .npy version %d, expected 1 to 3", path.c_str(), version);
  if (Status bad = source.read(lengthBytes, bytes, "header"); !bad) return bad;
  std::uint32_t length = 0;
  for (std::size_t i = lengthBytes; i-- > 0;) length = length << 8 | bytes[8 + i];
  if (length > 1 << 16)
    return Status::error(CNN_ERROR_FORMAT, "%s: a header of %u bytes is not an .npy file's", path.c_str(),
                         length);
  bytes.clear();
  if (Status bad = source.read(length, bytes, "header"); !bad) return bad;
  std::string text(bytes.begin(), bytes.end());
  Header header(path, text);
  if (Status bad = header.parse(); !bad) return bad;
  Column column;
  column.element = header.type->element;
  if (Status bad = source.read(header.elements * header.type->bytes, column.bytes, "values"); !bad)
    return bad;
  if (Status bad = source.expect_end("value"); !bad) return bad;
  count = header.shape[0];
  column.shape.assign(header.shape.begin() + 1, header.shape.end());
  return column;
}

Result<Column> read_npy(const std::string& path, std::int64_t& count) {
  return withinMemory(path, [&]() -> Result<Column> {
    Result<ByteFile> file = ByteFile::open(path);
    if (!file) return std::move(file).error();
    return readArray(*file, path, count);
  });
}

Status write_npy(const std::string& path, const Column& column, std::int64_t count) try {
  std::string header = "{'descr': ";
  for (const TypeRow& row : types)
    if (row.element == column.element) {
      header += row.descr;
      break;
    }
  header += ", 'fortran_order': False, 'shape': (" + std::to_string(count) + ",";
  for (std::int64_t extent : column.shape) header.append(" ").append(std::to_string(extent)).append(",");
  header += "), }";
  // Values begin at a multiple of 64, and the header ends with a newline.
  header.append(63 - (10 + header.size()) % 64, ' ').append("\n");
  const unsigned char prefix[] = {0x93,
                                  'N',
                                  'U',
                                  'M',
                                  'P',
                                  'Y',
                                  1,
                                  0,
                                  static_cast<unsigned char>(header.size() & 255),
                                  static_cast<unsigned char>(header.size() >> 8)};
  Text why;
  FileReplacement file;
  int code = file.open(path.c_str(), why);
  if (!code) {
    file.write(prefix, sizeof(prefix));
    file.write(header.data(), header.size());
    file.write(column.bytes.data(), column.bytes.size());
    code = file.finish(why);
  }
  if (!code) code = file.publish(why);
  return code ? Status::error(code, "%s", why.message()) : Status();
} catch (...) {
  return caughtException();
}

} // namespace cnn
