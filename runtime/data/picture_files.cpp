#include "picture_files.h"

#include <algorithm>
#include <set>
#include <sys/stat.h>

namespace cnn {
namespace {

namespace fs = std::filesystem;

std::string endingOf(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return ending;
}

/// Folders that were entered: links may lead back into one.
class Entered {
public:
  bool isNew(const fs::path& folder) {
    struct stat status;
    return stat(folder.c_str(), &status) == 0 && seen.insert({status.st_dev, status.st_ino}).second;
  }

private:
  std::set<std::pair<dev_t, ino_t>> seen;
};

Status collect(const fs::path& folder, bool masks, Entered& entered, std::vector<fs::path>& found,
               Skipped& skipped) {
  Result<std::vector<fs::path>> entries = entriesOf(folder);
  if (!entries) return std::move(entries).error();
  for (const fs::path& entry : *entries) {
    std::error_code ignored;
    std::string ending = endingOf(entry);
    if (isHidden(entry)) {
      skipped.add(entry);
    } else if (fs::is_directory(entry, ignored)) {
      if (!entered.isNew(entry)) continue;
      if (Status bad = collect(entry, masks, entered, found, skipped); !bad) return bad;
    } else if (ending == ".png" || (!masks && (ending == ".jpg" || ending == ".jpeg" || ending == ".webp"))) {
      found.push_back(entry);
    } else {
      skipped.add(entry);
    }
  }
  return {};
}

} // namespace

void Skipped::add(const fs::path& file) {
  std::string ending = endingOf(file);
  ++counts[isHidden(file) ? "hidden" : ending.empty() ? "without an ending" : ending];
}

void Skipped::add(const Skipped& other) {
  for (auto& [ending, count] : other.counts) counts[ending] += count;
}

std::string Skipped::text(const std::string& folder) const {
  constexpr std::size_t most = 8;
  std::int64_t all = 0;
  std::string list;
  std::size_t listed = 0;
  for (auto& [ending, count] : counts) {
    all += count;
    if (++listed > most) continue;
    list.append(list.empty() ? "" : ", ").append(std::to_string(count)).append(" ").append(ending);
  }
  if (all == 0) return "";
  if (listed > most) list += ", …";
  return folder + ": skipped " + std::to_string(all) + (all == 1 ? " file: " : " files: ") + list;
}

bool isHidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

Result<std::vector<fs::path>> entriesOf(const fs::path& folder) {
  std::error_code bad;
  std::vector<fs::path> found;
  for (fs::directory_iterator at(folder, bad), end; !bad && at != end; at.increment(bad))
    found.push_back(at->path());
  if (bad) return Status::error(CNN_ERROR_FILE, "%s: cannot read: %s", folder.c_str(), bad.message().c_str());
  std::sort(found.begin(), found.end());
  return found;
}

Result<std::vector<fs::path>> picturesIn(const fs::path& folder, bool masks, Skipped& skipped) {
  Entered entered;
  entered.isNew(folder);
  std::vector<fs::path> found;
  if (Status bad = collect(folder, masks, entered, found, skipped); !bad) return bad;
  std::sort(found.begin(), found.end());
  return found;
}

} // namespace cnn
