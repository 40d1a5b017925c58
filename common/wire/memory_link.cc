#include "common/wire/memory_link.h"

#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "common/base/error.h"
#include "common/wire/control.h"

namespace cleave {
namespace {

using boost::system::error_code;
using FrameChannel = asio::experimental::channel<void(error_code, std::shared_ptr<Frame>)>;

constexpr std::size_t kQueuedFrames = 4;

// What the two ends share. Either may go first.
struct Wire {
  explicit Wire(const asio::any_io_executor& executor)
      : a_to_b(executor, kQueuedFrames), b_to_a(executor, kQueuedFrames) {}

  FrameChannel a_to_b, b_to_a;
  std::string reason = "the peer closed the link";
};

class MemoryLink : public Link {
 public:
  MemoryLink(std::shared_ptr<Wire> wire, FrameChannel& out, FrameChannel& in, std::string peer)
      : Link(std::move(peer)), wire_(std::move(wire)), out_(out), in_(in) {}
  ~MemoryLink() override { close("the peer closed the link"); }

  asio::awaitable<void> finish() override {
    // A closed channel forgets what it holds: an empty pointer ends it instead, behind the frames.
    error_code gone;
    if (std::exchange(finished_, true)) co_return;
    co_await out_.async_send({}, nullptr, asio::redirect_error(asio::use_awaitable, gone));
  }

  void close(const std::string& reason) override {
    if (in_.is_open()) wire_->reason = reason;
    shut(in_);
    if (!finished_) shut(out_);
  }

 protected:
  asio::awaitable<void> do_send(Frame frame) override {
    error_code error;
    if (finished_) fail();
    co_await out_.async_send({}, std::make_shared<Frame>(std::move(frame)),
                             asio::redirect_error(asio::use_awaitable, error));
    if (!error) co_return;
    hear_last_words();
    fail();
  }

  asio::awaitable<Frame> do_receive(const FrameLimits& limits) override {
    error_code error;
    const auto frame = co_await in_.async_receive(asio::redirect_error(asio::use_awaitable, error));
    if (!error && !frame) shut(in_);
    if (error || !frame) fail();
    check_header(frame->header, limits);
    co_return std::move(*frame);
  }

 private:
  // Who is refused while it sends learns why: the error came before the end.
  void hear_last_words() {
    std::shared_ptr<Frame> last;
    const auto take = [&](error_code, std::shared_ptr<Frame> frame) { last = std::move(frame); };
    while (in_.try_receive(take)) {
      if (last && last->header.kind == Kind::kError) {
        throw_error_message(peer(), last->payload.bytes());
      }
    }
  }

  // In this order: a closed channel takes senders that wait for receivers.
  static void shut(FrameChannel& channel) {
    channel.cancel();
    channel.close();
  }

  [[noreturn]] void fail() const {
    throw UnavailableError("lost " + peer() + ": " + wire_->reason);
  }

  std::shared_ptr<Wire> wire_;
  FrameChannel& out_;
  FrameChannel& in_;
  bool finished_ = false;
};

}  // namespace

LinkPair make_memory_links(const asio::any_io_executor& executor, const std::string& a_sees,
                           const std::string& b_sees) {
  auto wire = std::make_shared<Wire>(executor);
  return {std::make_unique<MemoryLink>(wire, wire->a_to_b, wire->b_to_a, a_sees),
          std::make_unique<MemoryLink>(wire, wire->b_to_a, wire->a_to_b, b_sees)};
}

}  // namespace cleave
