// The pictures in a folder, and what else is there.
#ifndef CNN_DATA_PICTURE_FILES_H
#define CNN_DATA_PICTURE_FILES_H

#include <cnn/data.hpp>

#include <filesystem>
#include <map>

namespace cnn {

/// Files that are passed over, counted by what they end in.
class Skipped {
public:
  void add(const std::filesystem::path& file);
  void add(const Skipped& other);
  /// "data/train: skipped 3 files: 2 .gif, 1 hidden"; empty where nothing was.
  std::string text(const std::string& folder) const;

private:
  std::map<std::string, std::int64_t> counts;
};

bool isHidden(const std::filesystem::path& path);

/// Entries of a folder, sorted, so that their order does not depend on the file system.
Result<std::vector<std::filesystem::path>> entriesOf(const std::filesystem::path& folder);

/// Files that end in .png, .jpg, .jpeg or .webp (for masks: in .png), in the folder and in the folders within
/// it, links followed and each folder read once; sorted. Hidden files and folders are skipped.
Result<std::vector<std::filesystem::path>> picturesIn(const std::filesystem::path& folder, bool masks,
                                                      Skipped& skipped);

} // namespace cnn
#endif
