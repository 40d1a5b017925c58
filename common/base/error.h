// Errors that input can cause, each with the exit code it leads to. It does not cover our own
// bugs: those are CLEAVE_CHECK, which no input may reach.
//
// A message says what was wrong, where, and what to do next. Thread-safe: values only.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

namespace cleave {

// The programs' exit codes (sysexits.h where it has one).
enum class Exit : int {
  kDone = 0,
  kUsage = 2,
  kData = 65,
  kUnavailable = 69,
  kBug = 70,
  kIo = 74,
  kProtocol = 76,
  kPermission = 77,
  kInterrupted = 130,
  kTerminated = 143,
};

class Error : public std::runtime_error {
 public:
  Error(Exit exit, const std::string& what) : std::runtime_error(what), exit_(exit) {}
  Exit exit() const { return exit_; }

 private:
  Exit exit_;
};

// The command line is wrong.
struct UsageError : Error {
  explicit UsageError(const std::string& what) : Error(Exit::kUsage, what) {}
};
// A file's content or a job's values are wrong.
struct DataError : Error {
  explicit DataError(const std::string& what) : Error(Exit::kData, what) {}
};
// The peer is away, silent or has refused us.
struct UnavailableError : Error {
  explicit UnavailableError(const std::string& what) : Error(Exit::kUnavailable, what) {}
};
// The local system failed: disk, file, socket.
struct IoError : Error {
  explicit IoError(const std::string& what) : Error(Exit::kIo, what) {}
};
// The peer sent bytes that the protocol does not allow.
struct ProtocolError : Error {
  explicit ProtocolError(const std::string& what) : Error(Exit::kProtocol, what) {}
};
// Who asks may not: certificate, roster, file mode.
struct PermissionError : Error {
  explicit PermissionError(const std::string& what) : Error(Exit::kPermission, what) {}
};
// SIGINT or SIGTERM ended the work in an orderly way.
struct Interrupted : Error {
  explicit Interrupted(int signal)
      : Error(static_cast<Exit>(128 + signal), "interrupted by signal " + std::to_string(signal)) {}
};

// Runs `body`, prints what it throws as one line on stderr, and returns the exit code.
int guarded_main(const std::string& program, const std::function<int()>& body);

[[noreturn]] void check_failed(const char* file, int line, const char* condition);

}  // namespace cleave

#define CLEAVE_CHECK(condition) \
  ((condition) ? void() : ::cleave::check_failed(__FILE__, __LINE__, #condition))
