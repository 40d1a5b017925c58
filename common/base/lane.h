// A compute lane: threads that run plain functions for coroutines, so that no computation happens
// on an I/O thread. It does no I/O and knows nothing about what it runs.
//
// Functions of one lane run on any of its workers; a coroutine that awaits each call in turn has
// its own calls in order. A function's exception is rethrown in the caller, on its own executor.
// Cancelling a caller does not reach the function: asio would carry the signal to the worker and
// read it there after the caller, on its own thread, has let go of it. Destroy it before its
// callers' io_context: a worker that has handed its result over still lets go of the caller's
// executor. Memory bound: one queued function per waiting coroutine.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
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
  // On another's workers, with an account of its own; the other must live longer.
  explicit Lane(Lane& other) : context_(other.context_), work_(context_.get_executor()) {}
  ~Lane();  // waits for functions that already run on its own workers, drops queued ones
  Lane& operator=(const Lane&) = delete;

  template <class F>
  asio::awaitable<std::invoke_result_t<F&>> run(F function) {
    co_return co_await asio::co_spawn(
        context_, call(std::move(function), nanoseconds_),
        asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
  }

  // Processor time of the workers in this lane's functions so far; of what threads of a library
  // do for them it knows nothing.
  double cpu_seconds() const { return 1e-9 * static_cast<double>(nanoseconds_->load()); }

 private:
  using Sum = std::shared_ptr<std::atomic<std::int64_t>>;

  // Adds what the calling thread spends while it lives.
  class Account {
   public:
    explicit Account(Sum sum);
    ~Account();
    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;

   private:
    Sum sum_;
    std::int64_t start_;
  };

  template <class F>
  static asio::awaitable<std::invoke_result_t<F&>> call(F function, Sum sum) {
    const Account account(std::move(sum));
    co_return function();
  }

  std::unique_ptr<asio::io_context> own_;  // null on another's workers
  asio::io_context& context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  Sum nanoseconds_ = std::make_shared<std::atomic<std::int64_t>>(0);  // outlives what still runs
  std::vector<std::thread> threads_;
};

}  // namespace cleave
