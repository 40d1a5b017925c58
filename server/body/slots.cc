#include "server/body/slots.h"

#include <algorithm>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <utility>

namespace cleave {

using Clock = std::chrono::steady_clock;

struct Slots::Loan {
  Clock::time_point due;
  std::function<void()> give_up;  // empty once the slot has gone
};

struct Slots::Shared : std::enable_shared_from_this<Slots::Shared> {
  Shared(const asio::any_io_executor& executor, std::size_t count)
      : free(executor, count), available(static_cast<std::ptrdiff_t>(count)), alarm(executor) {}

  void put_back() {
    count_back();
    free.try_send(boost::system::error_code());
  }

  // Nobody waits any more: a pending alarm would keep an io_context alive for all its time.
  void count_back() {
    if (++available >= 0) alarm.cancel();
  }

  // Gives slots whose loans are due to those who wait, and comes back when the next one is.
  void call_in() {
    const Clock::time_point now = Clock::now();
    Clock::time_point next = Clock::time_point::max();
    for (auto at = lent.begin(); at != lent.end() && available < 0;) {
      const std::shared_ptr<Loan> loan = *at;
      if (loan->due > now) {
        next = std::min(next, loan->due);
        ++at;
        continue;
      }
      at = lent.erase(at);
      std::exchange(loan->give_up, nullptr)();
      put_back();
    }
    if (available >= 0 || next == Clock::time_point::max()) return;
    alarm.expires_at(next);
    alarm.async_wait([weak = weak_from_this()](const boost::system::error_code& moved) {
      const auto self = weak.lock();
      if (self && !moved) self->call_in();
    });
  }

  asio::experimental::channel<void(boost::system::error_code)> free;
  std::ptrdiff_t available;  // below 0: so many wait
  std::list<std::shared_ptr<Loan>> lent;
  asio::steady_timer alarm;
};

Slots::Slots(const asio::any_io_executor& executor, std::size_t count)
    : shared_(std::make_shared<Shared>(executor, count)) {
  for (std::size_t i = 0; i < count; ++i) {
    shared_->free.try_send(boost::system::error_code());
  }
}

Slots::Held& Slots::Held::operator=(Held&& other) noexcept {
  release();
  shared_ = std::move(other.shared_);
  loan_ = std::move(other.loan_);
  return *this;
}

void Slots::Held::release() {
  if (shared_ && reclaim()) shared_->put_back();
  shared_.reset();
}

void Slots::Held::lend(std::chrono::milliseconds patience, std::function<void()> give_up) {
  loan_ = std::make_shared<Loan>(Loan{Clock::now() + patience, std::move(give_up)});
  shared_->lent.push_back(loan_);
  shared_->call_in();
}

bool Slots::Held::reclaim() {
  const std::shared_ptr<Loan> loan = std::exchange(loan_, nullptr);
  if (!loan) return shared_ != nullptr;
  const bool kept = loan->give_up != nullptr;
  if (kept) shared_->lent.remove(loan);
  if (!kept) shared_.reset();
  return kept;
}

asio::awaitable<Slots::Held> Slots::take() {
  const std::shared_ptr<Shared> shared = shared_;
  --shared->available;
  shared->call_in();
  try {
    co_await shared->free.async_receive(asio::use_awaitable);
  } catch (...) {
    shared->count_back();
    throw;
  }
  co_return Held(shared);
}

}  // namespace cleave
