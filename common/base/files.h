// Whole files: read with a size limit, mapped read-only, or written so that a reader sees the old
// content or the new and never half of it. No parsing here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cleave {

namespace fs = std::filesystem;

// Errors: IoError unless `path` is a regular file, for who opens it by other means. A folder, pipe,
// socket or device is refused before it is opened, here and by all below.
void require_file(const fs::path& path);

// Errors: IoError when the file cannot be read, DataError when it holds more than `max_bytes`.
std::string read_file(const fs::path& path, std::uint64_t max_bytes);

// Writes to a temporary file beside `path`, fsyncs, renames and fsyncs the folder. `mode` is the
// new file's mode. Errors: IoError (a full disk among them); the file then holds the old content
// or, where the folder's fsync alone failed, the new.
void write_atomically(const fs::path& path, std::string_view content, unsigned mode = 0644);

// Renames over what is there and fsyncs the folder. Errors: IoError.
void rename_file(const fs::path& from, const fs::path& to);

// Cuts a file's end off and fsyncs. Errors: IoError.
void cut_file(const fs::path& path, std::uint64_t size);

// Whether a killed writer left it: NAME.tmp.PROCESS, and nothing that only looks like it.
bool is_temporary(const fs::path& path);

// Removes from `folder` the temporary files of killed writers. Nobody may be writing there.
void remove_temporaries(const fs::path& folder);

// Appends and fsyncs, a new file's folder too. Errors: IoError; the file then ends where it ended
// before.
void append_line(const fs::path& path, std::string_view line);

void make_folder(const fs::path& path);

// An exclusive lock on a folder, held to the end of the last copy; null where somebody has it. Not
// inherited by child processes. Errors: IoError.
std::shared_ptr<const void> lock_folder(const fs::path& path);

// A read-only memory map of a whole file; pages are read when they are touched.
// Thread-safe after construction. The file must not be changed in place while it is mapped.
class MappedFile {
 public:
  explicit MappedFile(const fs::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  // Gives the pages that were touched so far back to the system; the next touch maps them again.
  void release_pages() const;

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// "strerror" of the current errno, for messages.
std::string errno_text();

}  // namespace cleave
