// Bytes as a frame from a hostile peer: the header, then its payload as the control message that
// the header's kind names. Whatever is accepted must encode to the same header and decode again.
#include <boost/crc.hpp>
#include <cstring>

#include "common/base/error.h"
#include "common/wire/control.h"

namespace cleave {
namespace {

constexpr std::size_t kAtKind = 6, kAtCrc = 60;

FrameLimits everything() {
  FrameLimits limits;
  limits.max_payload.fill(kMaxPayloadBytes);
  return limits;
}

// With a right checksum, so that the fuzzer reaches what lies behind it.
void check_header_bytes(std::span<const std::byte, kHeaderBytes> raw) {
  std::array<std::byte, kHeaderBytes> bytes, again;
  std::copy(raw.begin(), raw.end(), bytes.begin());
  boost::crc_optimal<32, 0x1edc6f41, 0xffffffff, 0xffffffff, true, true> crc;
  crc.process_bytes(bytes.data(), kAtCrc);
  const std::uint32_t checksum = crc.checksum();
  std::memcpy(bytes.data() + kAtCrc, &checksum, sizeof checksum);
  try {
    encode_header(decode_header(bytes, everything()), again);
  } catch (const ProtocolError&) {
    return;
  }
  CLEAVE_CHECK(bytes == again);
}

void decode(const Frame& frame) {
  switch (frame.header.kind) {
    case Kind::kHello:
      parse_hello(hello_frame(parse_hello(frame)));
      break;
    case Kind::kHelloOk:
      parse_hello_ok(hello_ok_frame(parse_hello_ok(frame)));
      break;
    case Kind::kReady:
      parse_ready(ready_frame(parse_ready(frame)));
      break;
    case Kind::kBye:
      parse_bye(bye_frame(parse_bye(frame)));
      break;
    case Kind::kTally:
      parse_tally(tally_frame(parse_tally(frame), 1));
      break;
    case Kind::kReport:
      parse_report(report_frame(parse_report(frame), 1));
      break;
    case Kind::kRoundEnd:
      parse_round_end(round_end_frame(parse_round_end(frame), 1));
      break;
    case Kind::kEvalReport:
      parse_eval_report(eval_report_frame(parse_eval_report(frame), 1, 0));
      break;
    default:
      throw_error_message("peer", frame.payload.bytes());
  }
}

}  // namespace
}  // namespace cleave

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cleave;
  if (size < kHeaderBytes) return 0;
  const std::span<const std::byte> input(reinterpret_cast<const std::byte*>(data), size);
  check_header_bytes(input.first<kHeaderBytes>());
  Frame frame;
  frame.header.kind = kKinds[data[kAtKind] % kKinds.size()].kind;
  frame.payload = Buffer(size - kHeaderBytes);
  std::copy(input.begin() + kHeaderBytes, input.end(), frame.payload.data());
  try {
    decode(frame);
  } catch (const Error&) {
  }
  return 0;
}
