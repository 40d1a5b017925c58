// A bound on how many split steps hold activations at once; further ones wait in arrival order.
// Who waits for its peer lends its slot meanwhile: a peer that stalls holds up nobody.
// Not thread-safe: use from the I/O thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace cleave {

namespace asio = boost::asio;

class Slots {
  struct Shared;
  struct Loan;

 public:
  Slots(const asio::any_io_executor& executor, std::size_t count);

  // Holds a slot until destroyed or released; may outlive the Slots, in a coroutine that never
  // ends.
  class Held {
   public:
    Held() = default;
    explicit Held(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
    Held(Held&& other) noexcept = default;
    Held& operator=(Held&& other) noexcept;
    ~Held() { release(); }
    void release();

    // After `patience` the slot goes to whoever waits for one: `give_up` is called then, and frees
    // what the slot stands for. It must stay callable until reclaim() or release().
    void lend(std::chrono::milliseconds patience, std::function<void()> give_up);
    // Ends the loan. False: the slot has gone to another, and this holds none.
    bool reclaim();

   private:
    std::shared_ptr<Shared> shared_;
    std::shared_ptr<Loan> loan_;
  };

  asio::awaitable<Held> take();

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace cleave
