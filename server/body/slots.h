// A bound on how many split steps hold activations at once; further ones wait in arrival order.
// Not thread-safe: use from the I/O thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <memory>

namespace cleave {

namespace asio = boost::asio;

class Slots {
  using Free = asio::experimental::channel<void(boost::system::error_code)>;

 public:
  Slots(const asio::any_io_executor& executor, std::size_t count);

  // Holds a slot until destroyed or released; may outlive the Slots, in a coroutine that never
  // ends.
  class Held {
   public:
    Held() = default;
    explicit Held(std::shared_ptr<Free> free) : free_(std::move(free)) {}
    Held(Held&& other) noexcept = default;
    Held& operator=(Held&& other) noexcept;
    ~Held() { release(); }
    void release();

   private:
    std::shared_ptr<Free> free_;
  };

  asio::awaitable<Held> take();

 private:
  std::shared_ptr<Free> free_;
};

}  // namespace cleave
