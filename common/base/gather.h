// Runs several coroutines at once and waits for all of them. Each must turn its own failures into
// a value: an exception that escapes one is a bug.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/error.h"

namespace cleave {

namespace asio = boost::asio;

// The results in the order of the tasks, whatever order they end in.
template <class T>
asio::awaitable<std::vector<T>> gather(std::vector<asio::awaitable<T>> tasks) {
  const auto executor = co_await asio::this_coro::executor;
  struct Shared {
    explicit Shared(const asio::any_io_executor& e, std::size_t n)
        : all_done(e, asio::steady_timer::time_point::max()), results(n), left(n) {}
    asio::steady_timer all_done;  // cancelled by the last task
    std::vector<std::optional<T>> results;
    std::exception_ptr failure;
    std::size_t left;
  };
  const auto shared = std::make_shared<Shared>(executor, tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    asio::co_spawn(executor, std::move(tasks[i]), [shared, i](std::exception_ptr failure, T value) {
      if (failure) {
        shared->failure = failure;
      } else {
        shared->results[i] = std::move(value);
      }
      if (--shared->left == 0) shared->all_done.cancel();
    });
  }
  boost::system::error_code cancelled;
  if (shared->left > 0) {
    co_await shared->all_done.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  if (shared->failure) std::rethrow_exception(shared->failure);
  CLEAVE_CHECK(shared->left == 0);
  std::vector<T> out;
  for (auto& result : shared->results) out.push_back(std::move(*result));
  co_return out;
}

}  // namespace cleave
