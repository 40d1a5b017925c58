// Whole files: limits, and that a failed write leaves what was there.
#include "common/base/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>

#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace cleave {
namespace {

using testing::refusal;
using testing::TemporaryFolder;

// While it lives no file may grow beyond `bytes`: what a full disk is to a writer.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

std::size_t entries_of(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(Files, WhatIsWrittenIsReadBack) {
  const TemporaryFolder folder;
  const std::string content("a\0b\n", 4);
  write_atomically(folder / "file", content);
  EXPECT_EQ(read_file(folder / "file", 4), content);
  write_atomically(folder / "file", "");
  EXPECT_EQ(read_file(folder / "file", 0), "");
}

TEST(Files, WhatIsNoFileIsNamedAndNeverOpened) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);  // whose opening would wait for a writer
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = (folder / "socket").string();
  name.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(socket);
  for (const auto& [path, kind] : {std::pair<fs::path, std::string>{folder / "pipe", "a pipe"},
                                   {folder / "socket", "a socket"},
                                   {folder.path(), "a folder"},
                                   {"/dev/zero", "a device"}}) {
    for (const std::string& why : {refusal<IoError>([&, p = path] { read_file(p, 100); }),
                                   refusal<IoError>([&, p = path] { require_file(p); }),
                                   refusal<IoError>([&, p = path] { MappedFile file(p); })}) {
      EXPECT_EQ(why, path.string() + " is " + kind + ", and no regular file");
    }
  }
  EXPECT_NE(refusal<IoError>([&] { append_line(folder / "pipe", "x"); }), "");
}

TEST(Files, AFullDiskLeavesTheOldContentAndNoTemporaryFile) {
  const TemporaryFolder folder;
  write_atomically(folder / "file", "old");
  std::string why;
  {
    const FileSizeLimit limit(4096);
    why = refusal<IoError>([&] { write_atomically(folder / "file", std::string(100'000, 'n')); });
  }
  EXPECT_NE(why.find("cannot write"), std::string::npos) << why;
  EXPECT_EQ(read_file(folder / "file", 100), "old");
  EXPECT_EQ(entries_of(folder.path()), 1u);
}

TEST(Files, ARenameThatFailsLeavesTheTargetAndNoTemporaryFile) {
  const TemporaryFolder folder;
  make_folder(folder / "target");
  write_atomically(folder / "target" / "inside", "mine");
  EXPECT_THROW(write_atomically(folder / "target", "content"), IoError);
  EXPECT_EQ(read_file(folder / "target" / "inside", 10), "mine");
  EXPECT_EQ(entries_of(folder.path()), 1u);
}

TEST(Files, AWriteIntoAMissingFolderNamesThePathAndTheReason) {
  const std::string why =
      refusal<IoError>([] { write_atomically("/nonexistent-cleave/file", "x"); });
  EXPECT_NE(why.find("/nonexistent-cleave/file"), std::string::npos);
  EXPECT_NE(why.find("No such file"), std::string::npos);
}

TEST(Files, ANewFileHasTheModeThatWasAskedFor) {
  const TemporaryFolder folder;
  write_atomically(folder / "key", "secret", 0600);
  struct stat info {};
  ASSERT_EQ(::stat((folder / "key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST(Files, AFileAboveTheLimitIsRefusedWithBothSizes) {
  const TemporaryFolder folder;
  write_atomically(folder / "file", "12345");
  EXPECT_EQ(read_file(folder / "file", 5), "12345");
  const std::string why = refusal([&] { read_file(folder / "file", 4); });
  EXPECT_NE(why.find("holds 5 bytes, more than the limit of 4"), std::string::npos) << why;
}

TEST(Files, AMissingFileAndAFolderAreNoFiles) {
  const TemporaryFolder folder;
  EXPECT_THROW(read_file(folder / "missing", 10), IoError);
  EXPECT_THROW(read_file(folder.path(), 10), IoError);
  EXPECT_THROW(MappedFile(folder / "missing"), IoError);
  EXPECT_THROW(MappedFile(folder.path()), IoError);
}

TEST(Files, LinesAreAppendedOneByOne) {
  const TemporaryFolder folder;
  append_line(folder / "log", "one");
  append_line(folder / "log", "two");
  EXPECT_EQ(read_file(folder / "log", 100), "one\ntwo\n");
}

TEST(Files, AFullDiskLeavesNoHalfLine) {
  const TemporaryFolder folder;
  const std::string before = std::string(4000, 'a') + '\n';
  write_atomically(folder / "log", before);
  {
    const FileSizeLimit limit(4096);
    EXPECT_THROW(append_line(folder / "log", std::string(1000, 'b')), IoError);
  }
  EXPECT_EQ(read_file(folder / "log", 10'000), before);
}

TEST(Files, OnlyWhatAKilledWriterLeftIsRemovedAsTemporary) {
  const TemporaryFolder folder;
  const std::vector<std::string> stay = {"state", "notes.tmp.txt", "x.tmp.", ".tmp.7", "a.tmp.7b"};
  for (const std::string& name : stay) write_atomically(folder / name, "x");
  write_atomically(folder / "state.tmp.123", "x");
  remove_temporaries(folder.path());
  EXPECT_FALSE(fs::exists(folder / "state.tmp.123"));
  for (const std::string& name : stay) EXPECT_TRUE(fs::exists(folder / name)) << name;
}

TEST(Files, AMapHoldsTheWholeFileAndAnEmptyOneIsEmpty) {
  const TemporaryFolder folder;
  write_atomically(folder / "file", "mapped");
  const MappedFile map(folder / "file");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(map.bytes().data()), map.bytes().size()),
            "mapped");
  write_atomically(folder / "empty", "");
  EXPECT_TRUE(MappedFile(folder / "empty").bytes().empty());
}

TEST(Files, AFolderUnderAFileCannotBeMade) {
  const TemporaryFolder folder;
  write_atomically(folder / "file", "x");
  EXPECT_THROW(make_folder(folder / "file" / "sub"), IoError);
  make_folder(folder / "a" / "b");
  EXPECT_TRUE(fs::is_directory(folder / "a" / "b"));
}

}  // namespace
}  // namespace cleave
