#include "common/model/model_lock.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sys/stat.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "common/base/error.h"
#include "common/base/log.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxLockBytes = 16 << 20;

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

// SHA-256 of a byte range of a file, read in small pieces so that resident memory stays small.
std::string hash_range(std::ifstream& file, const TensorInfo& info) {
  Sha256 hash;
  char chunk[1 << 16];
  file.seekg(static_cast<std::streamoff>(info.begin));
  for (std::uint64_t left = info.end - info.begin; left > 0;) {
    const auto n = static_cast<std::streamsize>(std::min<std::uint64_t>(left, sizeof chunk));
    if (!file.read(chunk, n)) return "unreadable";
    hash.update(std::string_view(chunk, static_cast<std::size_t>(n)));
    left -= static_cast<std::uint64_t>(n);
  }
  return hex(hash.digest());
}

std::string tensor_line(const std::string& name, const TensorInfo& info, const std::string& hash) {
  return fmt::format("tensor {} {} [{}] {}", name, dtype_name(info.dtype),
                     fmt::join(info.shape, ","), hash);
}

std::vector<std::string> hashed_lines(const Model& model, const std::vector<std::string>& names) {
  std::vector<std::string> lines;
  for (const std::string& name : names) {
    const Checkpoint::Entry& entry = model.checkpoint.entry(name);
    std::ifstream file(model.checkpoint.file_of(entry), std::ios::binary);
    lines.push_back(tensor_line(name, entry.info, hash_range(file, entry.info)));
  }
  return lines;
}

// Where verified lines are remembered, by the path, size and time of the model's files; empty where
// there is no home to remember in.
fs::path cache_file(const Model& model, const std::vector<std::string>& names) {
  const char* const xdg = std::getenv("XDG_CACHE_HOME");
  const char* const home = std::getenv("HOME");
  fs::path root;
  if (xdg && *xdg) {
    root = xdg;
  } else if (home && *home) {
    root = fs::path(home) / ".cache";
  } else {
    return {};
  }
  std::string identity;
  for (const std::string& name : names) {
    const fs::path& path = model.checkpoint.file_of(model.checkpoint.entry(name));
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return {};
    identity += fmt::format("{} {} {} {}.{}\n", name, fs::absolute(path).string(), info.st_size,
                            info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  }
  return root / "cleave" / ("model-" + hex(sha256(identity)));
}

std::vector<std::string> verified_lines(const Model& model, const std::vector<std::string>& names) {
  const fs::path cache = cache_file(model, names);
  try {
    if (!cache.empty() && fs::exists(cache)) return split_lines(read_file(cache, kMaxLockBytes));
  } catch (const Error& error) {
    log_debug(error.what());
  }
  const std::vector<std::string> lines = hashed_lines(model, names);
  try {
    if (!cache.empty()) {
      make_folder(cache.parent_path());
      write_atomically(cache, join_lines(lines));
    }
  } catch (const Error& error) {
    log_debug(error.what());
  }
  return lines;
}

ModelLock finished(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  ModelLock lock;
  lock.hash = sha256(join_lines(lines));
  lock.lines = std::move(lines);
  return lock;
}

std::string name_in(const std::string& line) {
  const std::size_t begin = line.find(' ') + 1;
  return line.substr(begin, line.find(' ', begin) - begin);
}

// A slice holds some of the backbone's tensors: each must be the one that the lock names.
ModelLock verified_slice(const Model& model, const std::vector<std::string>& names,
                         const fs::path& lock_path) {
  ModelLock lock = finished(split_lines(read_file(lock_path, kMaxLockBytes)));
  std::vector<std::string> present;
  for (const std::string& name : names) {
    if (model.checkpoint.has(name)) present.push_back(name);
  }
  std::vector<std::string> own = verified_lines(model, present);
  const std::vector<std::string> keys = architecture_lines(model.config);
  own.insert(own.end(), keys.begin(), keys.end());
  for (const std::string& line : own) {
    if (!std::binary_search(lock.lines.begin(), lock.lines.end(), line)) {
      throw DataError(model.checkpoint.folder().string() + ": " + name_in(line) +
                      " is not what model.lock says; the file is damaged or from another model: "
                      "run cleave slice again");
    }
  }
  return lock;
}

}  // namespace

ModelLock verify_model(const Model& model) {
  auto names = backbone_tensor_names(model.config, *model.architecture);
  if (has_output(model)) names.emplace_back(model.architecture->output);
  if (const TaskClass& task = model.architecture->task_class;
      task.has_dense() && !task.dense_tuned) {
    for (const char* part : {".weight", ".bias"}) {
      const std::string name = std::string(task.dense) + part;
      if (model.checkpoint.has(name)) names.push_back(name);
    }
  }
  const fs::path lock_path = model.checkpoint.folder() / "model.lock";
  if (fs::exists(lock_path)) return verified_slice(model, names, lock_path);
  std::vector<std::string> lines = verified_lines(model, names);
  for (std::string& line : architecture_lines(model.config)) lines.push_back(std::move(line));
  return finished(std::move(lines));
}

}  // namespace cleave
