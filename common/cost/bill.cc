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

}  // namespace

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
