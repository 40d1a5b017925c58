#include "common/base/lane.h"

#include <ctime>

namespace cleave {
namespace {

std::int64_t thread_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

Lane::Account::Account(Sum sum) : sum_(std::move(sum)), start_(thread_nanoseconds()) {}

Lane::Account::~Account() { *sum_ += thread_nanoseconds() - start_; }

Lane::Lane(int workers, std::function<void()> on_start)
    : own_(std::make_unique<asio::io_context>(workers)),
      context_(*own_),
      work_(context_.get_executor()) {
  for (int i = 0; i < workers; ++i) {
    threads_.emplace_back([this, on_start] {
      on_start();
      context_.run();
    });
  }
}

Lane::~Lane() {
  if (own_) own_->stop();
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace cleave
