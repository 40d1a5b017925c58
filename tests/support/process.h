// A program of the build as its user starts it: arguments, working folder, signals, and what it
// prints. It knows nothing about what the programs do.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace cleave::testing {

using Arguments = std::vector<std::string>;

struct Finished {
  int code = 0;  // 128 + the signal where one killed it
  std::string out, err;

  std::string last_line() const {
    const std::string text = out.substr(0, out.find_last_not_of('\n') + 1);
    return text.substr(text.rfind('\n') + 1);
  }
};

// Killed with its object, so no test leaves one behind.
class Process {
 public:
  // `become`: what the child does to be the program; it does not come back.
  Process(const std::function<void()>& become, const std::filesystem::path& folder)
      : out_(::memfd_create("out", MFD_CLOEXEC)), err_(::memfd_create("err", MFD_CLOEXEC)) {
    std::fflush(nullptr);  // or the child would say it again
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ > 0) return;
    ::dup2(::open("/dev/null", O_RDONLY), 0);
    ::dup2(out_, 1);
    ::dup2(err_, 2);
    if (::chdir(folder.c_str()) == 0) [&]() noexcept { become(); }();
    ::_exit(127);
  }
  Process(const std::filesystem::path& program, const Arguments& arguments,
          const std::filesystem::path& folder)
      : Process([&] { ::execv(program.c_str(), pointers(program, arguments).data()); }, folder) {}
  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(out_);
    ::close(err_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // As main takes them.
  static std::vector<char*> pointers(const std::string& program, const Arguments& arguments) {
    std::vector<char*> argv = {const_cast<char*>(program.c_str())};
    for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    return argv;
  }

  void signal(int number) const { ::kill(pid_, number); }
  std::string out() const { return content(out_); }
  std::string err() const { return content(err_); }

  // Waits for its end; one that outlives the deadline fails the test and is killed.
  Finished wait(std::chrono::seconds deadline = std::chrono::seconds(60)) {
    int status = 0;
    if (!until([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }, deadline)) {
      ADD_FAILURE() << "still running after the deadline\n" << out() << err();
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, &status, 0);
    }
    pid_ = -1;
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), out(), err()};
  }

  // Waits until it has printed `text` on stdout or stderr; fails when it ends without.
  bool prints(const std::string& text) const {
    const auto seen = [&] { return (out() + err()).find(text) != std::string::npos; };
    until([&] { return seen() || ended(); }, std::chrono::seconds(60));
    EXPECT_TRUE(seen()) << "never printed: " << text << "\n" << out() << err();
    return seen();
  }

  template <class Condition>
  static bool until(Condition condition, std::chrono::seconds deadline) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

 private:
  bool ended() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid_;
  }
  static std::string content(int file) {
    // By position: the offset is the writer's.
    std::string text(static_cast<std::size_t>(size(file)), '\0');
    const ssize_t n = ::pread(file, text.data(), text.size(), 0);
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
  }
  static off_t size(int file) {
    struct stat info {};
    return ::fstat(file, &info) == 0 ? info.st_size : 0;
  }

  int out_, err_;
  pid_t pid_ = -1;
};

}  // namespace cleave::testing
