// A peer's link that alters some of its frames, on their way out or in: what a hostile peer would
// send, from a real session otherwise.
#pragma once

#include <cstring>
#include <functional>
#include <memory>

#include "common/wire/control.h"
#include "common/wire/link.h"

namespace cleave::testing {

using Spoil = std::function<void(Frame&)>;

class SpoiledLink : public Link {
 public:
  SpoiledLink(
      std::unique_ptr<Link> inner, Spoil sent, Spoil received = [](Frame&) {})
      : Link(inner->peer()),
        inner_(std::move(inner)),
        sent_(std::move(sent)),
        received_(std::move(received)) {}

  asio::awaitable<void> finish() override { co_await inner_->finish(); }
  void close(const std::string& reason) override { inner_->close(reason); }

 protected:
  asio::awaitable<void> do_send(Frame frame) override {
    sent_(frame);
    co_await inner_->send(std::move(frame));
  }
  asio::awaitable<Frame> do_receive(const FrameLimits& limits) override {
    inner_->allow(limits);
    Frame frame = co_await inner_->receive();
    received_(frame);
    co_return frame;
  }

 private:
  std::unique_ptr<Link> inner_;
  Spoil sent_, received_;
};

// Alters every frame of a kind.
inline Spoil of_kind(Kind kind, Spoil spoil) {
  return [kind, spoil = std::move(spoil)](Frame& frame) {
    if (frame.header.kind == kind) spoil(frame);
  };
}

inline void set_payload(Frame& frame, std::string_view bytes) {
  frame.payload = Buffer(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) frame.payload.data()[i] = std::byte(bytes[i]);
  frame.header.payload_bytes = bytes.size();
}

inline std::string payload_of(const Frame& frame) {
  return {reinterpret_cast<const char*>(frame.payload.data()), frame.payload.size()};
}

// The same frame with its message altered.
inline Spoil ready_with(std::function<void(Ready&)> spoil) {
  return of_kind(Kind::kReady, [spoil = std::move(spoil)](Frame& frame) {
    Ready ready = parse_ready(frame);
    spoil(ready);
    set_payload(frame, payload_of(ready_frame(ready)));
  });
}
inline Spoil report_with(std::function<void(Report&)> spoil) {
  return of_kind(Kind::kReport, [spoil = std::move(spoil)](Frame& frame) {
    Report report = parse_report(frame);
    spoil(report);
    set_payload(frame, payload_of(report_frame(report, frame.header.round)));
  });
}
inline Spoil evaluation_with(std::function<void(EvalReport&)> spoil) {
  return of_kind(Kind::kEvalReport, [spoil = std::move(spoil)](Frame& frame) {
    EvalReport report = parse_eval_report(frame);
    spoil(report);
    set_payload(frame, payload_of(eval_report_frame(report, frame.header.round, 0)));
  });
}
// One fp32 number of a tensor or state.
inline Spoil number_of(Kind kind, float value) {
  return of_kind(
      kind, [value](Frame& frame) { std::memcpy(frame.payload.data(), &value, sizeof value); });
}
inline Spoil bytes_of(Kind kind, std::function<std::string(std::string)> change) {
  return of_kind(kind, [change = std::move(change)](Frame& frame) {
    set_payload(frame, change(payload_of(frame)));
  });
}

}  // namespace cleave::testing
