#include "common/wire/link.h"

#include "common/base/error.h"
#include "common/wire/control.h"

namespace cleave {

void LinkCounters::stamp(Frame& frame) {
  frame.header.payload_bytes = frame.payload.size();
  frame.header.sequence = next_sent++;
  ledger.sent[frame.header.kind] += Count{1, frame.header.payload_bytes};
}

asio::awaitable<void> Link::send(Frame frame) {
  counters_->stamp(frame);
  co_await do_send(std::move(frame));
}

asio::awaitable<Frame> Link::receive() {
  for (;;) {
    Frame frame = co_await do_receive(limits_);
    const FrameHeader& header = frame.header;
    const std::uint32_t expected = counters_->next_received++;
    if (header.sequence != expected) {
      throw ProtocolError("frame " + std::to_string(header.sequence) + " from " + peer_ +
                          " came where frame " + std::to_string(expected) + " belongs");
    }
    counters_->ledger.received[header.kind] += Count{1, header.payload_bytes};
    if (header.kind == Kind::kPing) continue;
    if (header.kind == Kind::kError) throw_error_message(peer_, frame.payload.bytes());
    co_return frame;
  }
}

asio::awaitable<Frame> receive_expected(Link& link, Kind kind, std::uint32_t round,
                                        std::uint32_t step) {
  Frame frame = co_await link.receive();
  const FrameHeader& header = frame.header;
  if (header.kind != kind || header.round != round || header.step != step) {
    const auto place = [](Kind k, std::uint32_t r, std::uint32_t s) {
      return std::string(kind_name(k)) + " of round " + std::to_string(r) + " step " +
             std::to_string(s);
    };
    throw ProtocolError("expected " + place(kind, round, step) + " from " + link.peer() +
                        ", received " + place(header.kind, header.round, header.step));
  }
  co_return frame;
}

}  // namespace cleave
