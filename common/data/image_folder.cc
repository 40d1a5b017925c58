// A folder of pictures per class, every entry of which is read, or named.
#include <algorithm>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/log.h"
#include "common/data/image_files.h"

namespace cleave {
namespace {

constexpr const char* kPictures[] = {".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".webp"};

bool is_picture(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(std::begin(kPictures), std::end(kPictures), extension) != std::end(kPictures);
}

// What operating systems leave behind in folders and archives.
bool is_left_over(const fs::path& path) {
  const std::string name = path.filename().string();
  return name[0] == '.' || name == "__MACOSX" || name == "Thumbs.db" || name == "desktop.ini";
}

class Skipped {
 public:
  void add(const fs::path& path) {
    if (++count_ <= 3) names_ += (count_ > 1 ? ", " : "") + path.string();
  }
  void warn(const fs::path& root) const {
    if (count_ == 0) return;
    const std::string more = count_ > 3 ? " and " + std::to_string(count_ - 3) + " more" : "";
    log_warn(root.string() + ": skipped " + names_ + more);
  }

 private:
  std::size_t count_ = 0;
  std::string names_;
};

std::vector<fs::path> sorted_entries(const fs::path& folder, Skipped& skipped) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder, error)) entries.push_back(entry.path());
  if (error) throw IoError("cannot list " + folder.string() + ": " + error.message());
  std::sort(entries.begin(), entries.end());
  const auto left_over = std::stable_partition(
      entries.begin(), entries.end(), [](const fs::path& path) { return !is_left_over(path); });
  std::for_each(left_over, entries.end(), [&](const fs::path& path) { skipped.add(path); });
  entries.erase(left_over, entries.end());
  return entries;
}

// The pictures of one class. Errors: DataError naming the first entry that is none.
std::vector<fs::path> pictures_of(const fs::path& folder, Skipped& skipped) {
  std::vector<fs::path> files = sorted_entries(folder, skipped);
  for (const fs::path& file : files) {
    std::error_code ignored;
    if (fs::is_directory(file, ignored)) {
      throw DataError(file.string() +
                      " is a folder in the folder of a class, where only pictures are read: move "
                      "its pictures up");
    }
    if (is_picture(file)) continue;
    std::string known;
    for (const char* extension : kPictures)
      known += std::string(known.empty() ? "" : ", ") + extension;
    throw DataError(file.string() + " is not read: pictures are named " + known +
                    "; convert it or move it away");
  }
  return files;
}

}  // namespace

std::vector<ImageRow> read_image_folder(const fs::path& path, const ImageSpec& spec) {
  std::vector<ImageRow> rows;
  Skipped skipped;
  for (const fs::path& folder : sorted_entries(path, skipped)) {
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored)) {
      if (is_picture(folder)) {
        throw DataError(folder.string() +
                        " has no class: expected one sub-folder per class with its pictures");
      }
      skipped.add(folder);
      continue;
    }
    for (const fs::path& file : pictures_of(folder, skipped)) {
      rows.push_back({read_picture(file, spec), folder.filename().string(), 0, file.string()});
    }
  }
  if (rows.empty()) {
    throw DataError(path.string() + " holds no pictures; expected one sub-folder per class");
  }
  skipped.warn(path);
  return rows;
}

}  // namespace cleave
