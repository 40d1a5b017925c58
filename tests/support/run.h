// Running a coroutine to its end in a test.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

namespace cleave {
namespace asio = boost::asio;
}

namespace cleave::testing {

// Runs `io` until something stops it. A lane's thread may let go of an earlier task's last piece of
// work at any time, which stops a context without other work: hence the guard, and then the
// restart.
inline void run_until_stopped(asio::io_context& io) {
  const auto work = asio::make_work_guard(io);
  io.restart();
  io.run();
}

// Runs `task` on `io` until it ends; rethrows what it throws.
template <class T>
T run(asio::io_context& io, asio::awaitable<T> task) {
  std::exception_ptr failure;
  std::optional<T> result;
  asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown, T value) {
    failure = thrown;
    if (!thrown) result = std::move(value);
    io.stop();
  });
  run_until_stopped(io);
  if (failure) std::rethrow_exception(failure);
  return std::move(*result);
}

inline void run(asio::io_context& io, asio::awaitable<void> task) {
  std::exception_ptr failure;
  asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown) {
    failure = thrown;
    io.stop();
  });
  run_until_stopped(io);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace cleave::testing
