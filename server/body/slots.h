// A bound on how many split steps hold activations at once; further ones wait in arrival order.
// Not thread-safe: use from the I/O thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/channel.hpp>

namespace cleave {

namespace asio = boost::asio;

class Slots {
 public:
  Slots(const asio::any_io_executor& executor, std::size_t count);

  // Holds a slot until destroyed or released.
  class Held {
   public:
    Held() = default;
    explicit Held(Slots* owner) : owner_(owner) {}
    Held(Held&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Held& operator=(Held&& other) noexcept;
    ~Held() { release(); }
    void release();

   private:
    Slots* owner_ = nullptr;
  };

  asio::awaitable<Held> take();

 private:
  asio::experimental::channel<void(boost::system::error_code)> free_;
};

}  // namespace cleave
