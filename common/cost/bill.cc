#include "common/cost/bill.h"

namespace cleave {
namespace {

constexpr std::uint64_t kHeader = 64;
constexpr std::uint64_t kRecord = 16384;       // plaintext of a TLS record
constexpr std::uint64_t kRecordOverhead = 22;  // header, content type, tag

// n frames of together b bytes take at most n + (b - n) / 16384 records.
std::uint64_t socket_bytes(const Traffic& traffic) {
  if (traffic.frames == 0) return 0;
  const std::uint64_t bytes = traffic.payload + kHeader * traffic.frames;
  const std::uint64_t records = traffic.frames + (bytes - traffic.frames) / kRecord;
  return bytes + kRecordOverhead * records;
}

// A handshake of TLS 1.3 with both sides' certificates: hellos, certificates, signatures and
// finished messages in their records, and at the end an alert that closes. Measured.
constexpr std::uint64_t kHandshakeUp = 1269, kHandshakeDown = 1266;

// Protobuf sizes: a tag, a length of one or two bytes, the content.
std::uint64_t field(std::uint64_t size) {
  return size == 0 ? 0 : size + (size < 128 ? 2 : size < 16384 ? 3 : 4);
}
constexpr std::uint64_t kHash = 32, kFixed64 = 9;
constexpr std::uint64_t kDone = 15, kGoodbye = 7;  // "the job is done", and the answer
constexpr std::uint64_t kCount = 3;                // samples, as a number of two bytes

std::uint64_t frame(std::uint64_t payload) { return socket_bytes({1, payload}); }
std::uint64_t bye(std::uint64_t reason) { return frame(field(reason) + 2 * kFixed64); }

}  // namespace

Bill sessions_bill(const SessionShape& s, std::uint64_t labels) {
  const auto hello = [&](std::uint64_t role, std::uint64_t hashes) {
    return frame(field(role) + field(s.program_bytes) + hashes * field(kHash));
  };
  const std::uint64_t ready = frame(2 * kCount + field(8 * labels));
  const std::uint64_t up = hello(6, 1) + hello(4, 2) + ready + bye(kGoodbye) + bye(kDone);
  const std::uint64_t down =
      frame(field(s.job_bytes) + field(s.address_bytes)) + frame(0) + bye(kDone) + bye(kGoodbye);
  Bill out;
  out.up = s.clients * (up + 2 * kHandshakeUp);
  out.down = s.clients * (down + 2 * kHandshakeDown);
  out.sessions = out.up + out.down;
  return out;
}

Bill bill_of(const JobShape& shape, const Cost& cost) {
  Bill out = bill_of(cost);
  const Bill sessions = sessions_bill(shape.sessions, shape.labels);
  out.sessions = sessions.sessions;
  out.up += sessions.up;
  out.down += sessions.down;
  return out;
}

Bill bill_of(const Cost& cost) {
  Bill out;
  const auto add = [&](const std::map<std::string, Traffic>& kinds, std::uint64_t& direction) {
    for (const auto& [kind, traffic] : kinds) {
      const std::uint64_t bytes = socket_bytes(traffic);
      direction += bytes;
      (is_evaluation(kind) ? out.evaluation : out.training) += bytes;
    }
  };
  add(cost.up, out.up);
  add(cost.down, out.down);
  return out;
}

}  // namespace cleave
