// A frame: 64 header bytes, little-endian, then the payload. Encodes and checks headers; it knows
// no tensors, no sockets and not which frame may follow which (docs/protocol.md).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "common/base/buffer.h"
#include "common/base/dtype.h"
#include "common/wire/kind.h"

namespace cleave {

inline constexpr std::size_t kHeaderBytes = 64;
inline constexpr std::uint16_t kProtocolVersion = 1;

struct FrameHeader {
  Kind kind = Kind::kPing;
  std::uint64_t payload_bytes = 0;
  std::uint32_t round = 0;
  std::uint32_t step = 0;
  std::uint32_t sequence = 0;  // per direction, +1 a frame; set and checked by Link
  Dtype dtype = Dtype::kU8;    // of the tensor; kU8 for control messages
  std::uint16_t rank = 0;      // 0: control or state
  std::array<std::uint32_t, 5> dims{};
};

static_assert(Buffer::kHeadroom == kHeaderBytes);

struct Frame {
  FrameHeader header;
  Buffer payload;
};

// The largest payload that each kind may have on a link; 0 forbids the kind.
// A link starts with control messages only and gets its tensor kinds after the hello.
struct FrameLimits {
  std::array<std::uint64_t, kKinds.size()> max_payload{};

  static FrameLimits control_only();
  std::uint64_t& operator[](Kind kind) { return max_payload[kind_index(kind)]; }
  std::uint64_t operator[](Kind kind) const { return max_payload[kind_index(kind)]; }
};

inline constexpr std::uint64_t kMaxControlBytes = 1 << 20;
inline constexpr std::uint64_t kMaxPayloadBytes = 256 << 20;

void encode_header(const FrameHeader& header, std::span<std::byte, kHeaderBytes> out);

// Errors: ProtocolError naming the field, what it holds and what was expected. Called before any
// allocation: afterwards `payload_bytes` is within the limit and consistent with the dimensions.
FrameHeader decode_header(std::span<const std::byte, kHeaderBytes> in, const FrameLimits& limits);

// The checks of decode_header on a header that did not travel as bytes.
void check_header(const FrameHeader& header, const FrameLimits& limits);

}  // namespace cleave
