#include "common/cost/trace.h"

namespace cleave {
namespace {

constexpr std::uint64_t kHeader = 64;
constexpr std::uint64_t kKinds = 19;  // kinds of frame that a tally lists

std::uint64_t varint(std::uint64_t value) {
  std::uint64_t bytes = 1;
  for (; value >= 128; value >>= 7) ++bytes;
  return bytes;
}

// Protobuf sizes with field numbers below 16: one tag byte, then the content.
std::uint64_t packed(std::uint64_t count, std::uint64_t each) {
  return count == 0 ? 0 : 1 + varint(count * each) + count * each;
}
std::uint64_t message(std::uint64_t size) { return 1 + varint(size) + size; }
constexpr std::uint64_t kFixed64 = 9, kFixed32 = 5;

std::uint64_t tally_bytes() { return 2 * packed(2 * kKinds, 8); }
std::uint64_t work_bytes() { return message(3 * kFixed64); }
std::uint64_t tallies_bytes() { return 2 * message(tally_bytes()); }

std::uint64_t report_bytes(const JobShape& shape, const ParticipantTrace& p) {
  return 2 * work_bytes() + 3 * kFixed64 + kFixed64 + 2 * packed(shape.labels, 8) +
         2 * packed(p.steps.size(), 4) + packed(p.kept_listed, 4) + tallies_bytes();
}

std::uint64_t eval_report_bytes(const JobShape& shape, std::size_t batches) {
  return work_bytes() + kFixed64 + packed(shape.labels * shape.labels, 8) + 2 * packed(batches, 4) +
         tallies_bytes();
}

void add(std::map<std::string, Traffic>& direction, const char* kind, std::uint64_t payload) {
  Traffic& traffic = direction[kind];
  traffic.frames += 1;
  traffic.payload += payload;
}

// A batch's rows as they cross, with the prompt's or without.
std::uint64_t tensor_bytes(const JobShape& shape, const BatchTrace& batch, bool with_prompt) {
  const std::uint64_t rows = batch.rows - (with_prompt ? 0 : shape.prompt_rows * batch.samples);
  return rows * shape.width * shape.bytes_per_number;
}

// Nothing crosses a body without blocks.
void add_step(Cost& out, const JobShape& shape, const BatchTrace& step) {
  if (shape.body_blocks == 0) return;
  const std::uint64_t smashed = tensor_bytes(shape, step, shape.prompt_sent);
  const std::uint64_t features = tensor_bytes(shape, step, shape.prompt_returned);
  add(out.up, "smashed", smashed + 4 * step.samples);
  add(out.down, "features", features);
  add(out.up, "features_grad", features);
  add(out.down, "smashed_grad", smashed);
}

void add_participant(Cost& out, const JobShape& shape, const ParticipantTrace& p) {
  add(out.down, "state", 4 * shape.state_numbers);
  for (const BatchTrace& step : p.steps) add_step(out, shape, step);
  add(out.up, "tally", tally_bytes());
  add(out.down, "tally", tally_bytes());
  add(out.up, "report", report_bytes(shape, p));
  add(out.up, "update", 4 * (shape.state_numbers - shape.held_numbers));
  add(out.down, "round_end", kFixed32);
}

void add_evaluation(Cost& out, const JobShape& shape, const std::vector<BatchTrace>& batches) {
  add(out.down, "eval_state", 4 * shape.state_numbers);
  for (const BatchTrace& batch : batches) {
    if (shape.body_blocks == 0) break;
    add(out.up, "eval_smashed", tensor_bytes(shape, batch, shape.prompt_sent) + 4 * batch.samples);
    add(out.down, "eval_features", tensor_bytes(shape, batch, shape.prompt_returned));
  }
  add(out.up, "eval_report", eval_report_bytes(shape, batches.size()));
}

}  // namespace

Cost& Cost::operator+=(const Cost& other) {
  const auto merge = [](auto& into, const auto& from) {
    for (const auto& [kind, traffic] : from) {
      into[kind].frames += traffic.frames;
      into[kind].payload += traffic.payload;
    }
  };
  merge(up, other.up);
  merge(down, other.down);
  return *this;
}

Cost cost(const JobShape& shape, const RoundTrace& round) {
  Cost out;
  for (const ParticipantTrace& p : round.participants) add_participant(out, shape, p);
  for (const auto& batches : round.evaluations) add_evaluation(out, shape, batches);
  return out;
}

bool is_evaluation(const std::string& kind) { return kind.rfind("eval_", 0) == 0; }

std::uint64_t training_payload(const std::map<std::string, Traffic>& direction) {
  std::uint64_t sum = 0;
  for (const auto& [kind, traffic] : direction) {
    if (!is_evaluation(kind)) sum += traffic.payload;
  }
  return sum;
}

std::uint64_t training_frame_bytes(const std::map<std::string, Traffic>& direction) {
  std::uint64_t sum = 0;
  for (const auto& [kind, traffic] : direction) {
    if (!is_evaluation(kind)) sum += traffic.payload + kHeader * traffic.frames;
  }
  return sum;
}

}  // namespace cleave
