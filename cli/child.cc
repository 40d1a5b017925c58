#include "cli/child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

#include "common/base/files.h"

namespace cleave {
namespace {

constexpr std::size_t kLongestLine = 1 << 16;
constexpr std::uint64_t kMaxLog = 64 << 20;

[[noreturn]] void fail(const std::string& what) { throw IoError(what + ": " + errno_text()); }

// Between fork and exec: only calls that are safe there.
[[noreturn]] void become(const char* program, char* const* argv, int out, int log, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);  // the parent died before the call
  ::dup2(::open("/dev/null", O_RDONLY), 0);
  ::dup2(out, 1);
  ::dup2(log, 2);
  ::execv(program, argv);
  ::_exit(127);
}

}  // namespace

Child::Child(const asio::any_io_executor& executor, const fs::path& program,
             const std::vector<std::string>& arguments, fs::path log)
    : log_(std::move(log)), out_(executor) {
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("cannot make a pipe");
  out_.assign(ends[0]);
  const int err = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const pid_t parent = ::getpid();
  pid_ = err < 0 ? -1 : ::fork();
  if (pid_ == 0) become(program.c_str(), argv.data(), ends[1], err, parent);
  const std::string why = errno_text();
  ::close(ends[1]);
  if (err < 0) throw IoError("cannot create " + log_.string() + ": " + why);
  ::close(err);
  if (pid_ < 0) throw IoError("cannot start " + program.string() + ": " + why);
}

Child::~Child() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

asio::awaitable<std::optional<std::string>> Child::next_line() {
  boost::system::error_code ended;
  const std::size_t n =
      co_await asio::async_read_until(out_, asio::dynamic_buffer(read_, kLongestLine), '\n',
                                      asio::redirect_error(asio::use_awaitable, ended));
  if (ended) co_return std::nullopt;
  std::string line = read_.substr(0, n - 1);
  read_.erase(0, n);
  co_return line;
}

asio::awaitable<Ended> Child::wait() {
  while (co_await next_line()) {
  }
  // With its stdout closed it is about to end.
  int status = 0;
  rusage used{};
  if (::wait4(pid_, &status, 0, &used) != pid_) fail("cannot wait for a child process");
  pid_ = -1;
  co_return Ended{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                  static_cast<int>(used.ru_maxrss / 1024)};
}

void Child::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

Error failure(const std::string& program, const Child& child, int code) {
  std::string said = read_file(child.log(), kMaxLog);
  said.erase(said.find_last_not_of('\n') + 1);
  return Error(code > 128 ? Exit::kUnavailable : static_cast<Exit>(code),
               program + " ended with exit code " + std::to_string(code) + "; " +
                   child.log().string() + " ends: " + said.substr(said.rfind('\n') + 1));
}

}  // namespace cleave
