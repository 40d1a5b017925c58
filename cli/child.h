// A program as a child process: started, read line by line and waited for without polling, and
// never left behind. It does not know what the program does.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"

namespace cleave {

namespace asio = boost::asio;

struct Ended {
  int code = 0;  // exit code; 128 + the signal where one killed it
  int peak_rss_mb = 0;
};

// Runs in a process group of its own, so that a terminal's Ctrl-C reaches it only through its
// parent; the kernel ends it when the parent dies. Killed with its object. Not thread-safe.
class Child {
 public:
  // stderr goes to `log`. Errors: IoError.
  Child(const asio::any_io_executor& executor, const std::filesystem::path& program,
        const std::vector<std::string>& arguments, std::filesystem::path log);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The next line of its stdout, without the newline; nothing once it has ended.
  asio::awaitable<std::optional<std::string>> next_line();
  // Drops the rest of its stdout.
  asio::awaitable<Ended> wait();

  void signal(int number) const;  // nothing where it has ended
  const std::filesystem::path& log() const { return log_; }

 private:
  std::filesystem::path log_;
  asio::posix::stream_descriptor out_;
  std::string read_;
  int pid_ = -1;
};

// The error of a program that ended with `code`: its own exit code, and what it said last.
Error failure(const std::string& program, const Child& child, int code);

}  // namespace cleave
