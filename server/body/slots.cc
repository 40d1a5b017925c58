#include "server/body/slots.h"

#include <boost/asio/use_awaitable.hpp>

namespace cleave {

Slots::Slots(const asio::any_io_executor& executor, std::size_t count)
    : free_(std::make_shared<Free>(executor, count)) {
  for (std::size_t i = 0; i < count; ++i) free_->try_send(boost::system::error_code());
}

Slots::Held& Slots::Held::operator=(Held&& other) noexcept {
  release();
  free_ = std::move(other.free_);
  return *this;
}

void Slots::Held::release() {
  if (free_) free_->try_send(boost::system::error_code());
  free_.reset();
}

asio::awaitable<Slots::Held> Slots::take() {
  co_await free_->async_receive(asio::use_awaitable);
  co_return Held(free_);
}

}  // namespace cleave
