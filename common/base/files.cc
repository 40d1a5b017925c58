#include "common/base/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/base/error.h"
#include "common/base/file_faults.h"

namespace cleave {
namespace {

// Between the name of a file and the process that is writing it anew.
constexpr const char* kTemporary = ".tmp.";

FileFault file_fault;

// Whether a test wants this operation to fail; errno then says how.
bool fails(FileOperation operation, const fs::path& path) {
  if (!file_fault) return false;
  const int why = file_fault(operation, path);
  if (why == 0) return false;
  errno = why;
  return true;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

[[noreturn]] void fail(const char* action, const fs::path& path) {
  throw IoError(std::string("cannot ") + action + " " + path.string() + ": " + errno_text());
}

int open_file(const fs::path& path, int flags, unsigned mode = 0) {
  if (fails(FileOperation::kOpen, path)) return -1;
  return ::open(path.c_str(), flags | O_CLOEXEC, mode);
}

void flush(int fd, const fs::path& path) {
  if (fails(FileOperation::kFlush, path) || ::fsync(fd) != 0) fail("flush", path);
}

// Makes the names in the folder of `path` last: without it a crash of the machine may bring the
// old file back. Some file systems cannot, and say so.
void flush_folder_of(const fs::path& path) {
  const fs::path parent = path.parent_path();
  const fs::path folder = parent.empty() ? fs::path(".") : parent;
  const Descriptor file(open_file(folder, O_RDONLY | O_DIRECTORY));
  if (file.get() < 0) fail("open", folder);
  if (fails(FileOperation::kFlush, folder)) fail("flush", folder);
  if (::fsync(file.get()) != 0 && errno != EINVAL && errno != ENOTSUP) fail("flush", folder);
}

void remove_quietly(const fs::path& path) {
  if (!fails(FileOperation::kUndo, path)) ::unlink(path.c_str());
}

void write_all(int fd, std::string_view content, const fs::path& path) {
  if (fails(FileOperation::kWrite, path)) {
    const int why = errno;
    [[maybe_unused]] const ssize_t half = ::write(fd, content.data(), content.size() / 2);
    errno = why;
    fail("write", path);
  }
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("write", path);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
}

void require_regular(mode_t mode, const fs::path& path) {
  if (S_ISREG(mode)) return;
  const char* const what = S_ISDIR(mode)    ? "folder"
                           : S_ISFIFO(mode) ? "pipe"
                           : S_ISSOCK(mode) ? "socket"
                                            : "device";
  throw IoError(path.string() + " is a " + what + ", and no regular file");
}

std::uint64_t size_of(int fd, const fs::path& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) fail("stat", path);
  require_regular(info.st_mode, path);
  return static_cast<std::uint64_t>(info.st_size);
}

// Opening a pipe waits for its other end and opening a device may act: both are seen before, and
// what takes a file's place in between does not block.
int open_to_read(const fs::path& path) {
  require_file(path);
  const int file = open_file(path, O_RDONLY | O_NONBLOCK);
  if (file < 0) fail("open", path);
  return file;
}

}  // namespace

void set_file_fault(FileFault fault) { file_fault = std::move(fault); }

std::string errno_text() { return std::strerror(errno); }

void require_file(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) fail("open", path);
  require_regular(info.st_mode, path);
}

std::string read_file(const fs::path& path, std::uint64_t max_bytes) {
  const Descriptor file(open_to_read(path));
  const std::uint64_t size = size_of(file.get(), path);
  if (size > max_bytes) {
    throw DataError(path.string() + " holds " + std::to_string(size) +
                    " bytes, more than the limit of " + std::to_string(max_bytes));
  }
  std::string content(size, '\0');
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = ::read(file.get(), content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("read", path);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  content.resize(done);
  return content;
}

void write_atomically(const fs::path& path, std::string_view content, unsigned mode) {
  const fs::path temporary = path.string() + kTemporary + std::to_string(::getpid());
  try {
    Descriptor file(open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode));
    if (file.get() < 0) fail("create", temporary);
    write_all(file.get(), content, temporary);
    flush(file.get(), temporary);
    if (!file.close()) fail("close", temporary);
    rename_file(temporary, path);
  } catch (...) {
    remove_quietly(temporary);
    throw;
  }
}

void rename_file(const fs::path& from, const fs::path& to) {
  if (fails(FileOperation::kRename, to) || ::rename(from.c_str(), to.c_str()) != 0) {
    fail("rename into", to);
  }
  flush_folder_of(to);
}

void cut_file(const fs::path& path, std::uint64_t size) {
  const Descriptor file(open_file(path, O_WRONLY));
  if (file.get() < 0) fail("open", path);
  if (fails(FileOperation::kWrite, path) ||
      ::ftruncate(file.get(), static_cast<off_t>(size)) != 0) {
    fail("shorten", path);
  }
  flush(file.get(), path);
}

bool is_temporary(const fs::path& path) {
  const std::string name = path.filename().string();
  const std::size_t at = name.rfind(kTemporary);
  if (at == std::string::npos || at == 0) return false;
  const std::string process = name.substr(at + std::strlen(kTemporary));
  return !process.empty() && process.find_first_not_of("0123456789") == std::string::npos;
}

void remove_temporaries(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path& path = entry.path();
    if (is_temporary(path) && ::unlink(path.c_str()) != 0) {
      fail("remove", path);
    }
  }
}

void append_line(const fs::path& path, std::string_view line) {
  const bool is_new = !fs::exists(path);
  Descriptor file(open_file(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK, 0644));
  if (file.get() < 0) fail("open", path);
  const auto before = static_cast<off_t>(size_of(file.get(), path));
  try {
    write_all(file.get(), std::string(line) + '\n', path);
    flush(file.get(), path);
  } catch (...) {
    // No half line stays; where even that fails, the first error says more.
    if (!fails(FileOperation::kUndo, path)) {
      [[maybe_unused]] const int shortened = ::ftruncate(file.get(), before);
    }
    throw;
  }
  if (!file.close()) fail("close", path);
  if (is_new) flush_folder_of(path);
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw IoError("cannot create the folder " + path.string() + ": " + error.message());
}

std::shared_ptr<const void> lock_folder(const fs::path& path) {
  auto folder = std::make_shared<const Descriptor>(open_file(path, O_RDONLY | O_DIRECTORY));
  if (folder->get() < 0) fail("open", path);
  // Some network file systems have no locks: what cannot be locked is not refused.
  if (::flock(folder->get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return nullptr;
  return folder;
}

MappedFile::MappedFile(const fs::path& path) {
  const Descriptor file(open_to_read(path));
  size_ = size_of(file.get(), path);
  if (size_ == 0) return;
  void* address = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file.get(), 0);
  if (address == MAP_FAILED) fail("map", path);
  data_ = static_cast<const std::byte*>(address);
}

void MappedFile::release_pages() const {
  // Advice: where the system does not follow it, only memory is lost.
  if (data_) ::madvise(const_cast<std::byte*>(data_), size_, MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace cleave
