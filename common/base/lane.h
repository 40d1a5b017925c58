// A compute lane: threads that run plain functions for coroutines, so that no computation happens
// on an I/O thread. It does no I/O and knows nothing about what it runs.
//
// Functions of one lane run on any of its workers; a coroutine that awaits each call in turn has
// its own calls in order. A function's exception is rethrown in the caller, on its own executor.
// Destroy it before its callers' io_context: a worker that has handed its result over still lets go
// of the caller's executor. Memory bound: one queued function per waiting coroutine.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace cleave {

namespace asio = boost::asio;

class Lane {
 public:
  // `on_start` runs first on every worker, e.g. to fix its number of BLAS threads.
  explicit Lane(
      int workers, std::function<void()> on_start = [] {});
  ~Lane();  // waits for functions that already run, drops queued ones
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  template <class F>
  asio::awaitable<std::invoke_result_t<F&>> run(F function) {
    co_return co_await asio::co_spawn(context_, call(std::move(function)), asio::use_awaitable);
  }

 private:
  template <class F>
  static asio::awaitable<std::invoke_result_t<F&>> call(F function) {
    co_return function();
  }

  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::vector<std::thread> threads_;
};

}  // namespace cleave
