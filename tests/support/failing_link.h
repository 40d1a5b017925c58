// A link whose n-th operation, counted over all links that share the counter, fails.
#pragma once

#include <memory>

#include "common/base/error.h"
#include "common/wire/link.h"

namespace cleave::testing {

struct Countdown {
  int left = 0;  // operations until the failure; negative: it has happened
};

class FailingLink : public Link {
 public:
  FailingLink(std::unique_ptr<Link> inner, std::shared_ptr<Countdown> countdown)
      : Link(inner->peer()), inner_(std::move(inner)), countdown_(std::move(countdown)) {}

  asio::awaitable<void> finish() override { co_await inner_->finish(); }
  void close(const std::string& reason) override { inner_->close(reason); }

 protected:
  asio::awaitable<void> do_send(Frame frame) override {
    tick();
    co_await inner_->send(std::move(frame));
  }
  asio::awaitable<Frame> do_receive(const FrameLimits& limits) override {
    tick();
    inner_->allow(limits);
    co_return co_await inner_->receive();
  }

 private:
  void tick() {
    if (countdown_->left-- != 0) return;
    inner_->close("injected failure");
    throw UnavailableError("injected failure");
  }

  std::unique_ptr<Link> inner_;
  std::shared_ptr<Countdown> countdown_;
};

}  // namespace cleave::testing
