#include "common/cost/alternatives.h"

#include <utility>

#include "common/cost/bill.h"
#include "common/cost/memory.h"

namespace cleave {
namespace {

constexpr std::uint64_t kTokenBytes = 4, kLabelBytes = 4;

Alternative priced(const std::string& name, const JobShape& shape,
                   const std::vector<RoundTrace>& rounds, std::uint64_t largest_step) {
  Alternative out{name, 0, 0, 0};
  Cost sum;
  for (const RoundTrace& round : rounds) {
    sum += cost(shape, round);
    out.device_flops += flops(shape, round).client;
  }
  out.bytes = bill_of(shape, sum).total();
  const Memory memory = memory_estimate(shape, largest_step);
  out.device_memory = memory.client_weights + memory.client_state + memory.client_activations;
  return out;
}

void drop_prompt(std::vector<BatchTrace>& batches, std::uint64_t prompt) {
  for (BatchTrace& batch : batches) batch.rows -= prompt * batch.samples;
}

// The same samples without a prompt's rows, and nothing but split steps.
std::vector<RoundTrace> plain(std::vector<RoundTrace> rounds, std::uint64_t prompt) {
  for (RoundTrace& round : rounds) {
    for (ParticipantTrace& p : round.participants) {
      drop_prompt(p.steps, prompt);
      WorkTrace& kept = p.kept;
      kept.squares -= 2 * prompt * kept.rows - prompt * prompt * kept.samples;
      kept.rows -= prompt * kept.samples;
      p.scored = false;
    }
    for (auto& batches : round.evaluations) drop_prompt(batches, prompt);
  }
  return rounds;
}

// Nothing that the job tunes, and every block on the device.
JobShape bare(JobShape shape) {
  for (BlockShape& block : shape.blocks) {
    block.added = {};
    block.prefix_rows = 0;
  }
  shape.added_text = shape.added_position = shape.added_step = {};
  shape.prompt_rows = shape.prompt_from_block = shape.bypass_epochs = 0;
  shape.held_numbers = shape.body_numbers = shape.body_held_numbers = 0;
  shape.head_blocks = shape.blocks.size();
  shape.body_blocks = shape.tail_blocks = 0;
  shape.state_numbers = shape.vocabulary > 0 ? 0 : shape.labels * (shape.width + 1);
  if (shape.dense_trained) shape.state_numbers += shape.dense;
  return shape;
}

Alternative sent_data(const PlannedJob& job) {
  const WorkTrace& data = job.data;
  const std::uint64_t values = job.shape.patch_numbers;
  const std::uint64_t payload =
      kLabelBytes * data.samples +
      (values > 0 ? values * (data.rows - data.samples) : kTokenBytes * data.rows);
  return {"sending the data", bill_of({{{"data", {1, payload}}}, {}}).total(), 0, 0};
}

}  // namespace

JobShape whole_on_device(JobShape shape) {
  shape.head_blocks += shape.body_blocks;
  shape.body_blocks = 0;
  shape.state_numbers += shape.body_numbers;
  shape.held_numbers += shape.body_held_numbers;
  shape.body_numbers = shape.body_held_numbers = 0;
  return shape;
}

JobShape federated_lora(JobShape shape, std::uint64_t rank) {
  shape = bare(std::move(shape));
  for (BlockShape& block : shape.blocks) {
    const std::uint64_t factors = rank * block.query_value;
    block.added = {factors, 2 * factors, shape.width + 2 * rank};
    shape.state_numbers += factors;
  }
  shape.tuned_block = 0;
  shape.gradient_block = 1;
  return shape;
}

JobShape full_fedavg(JobShape shape) {
  shape = bare(std::move(shape));
  shape.tail_blocks = std::exchange(shape.head_blocks, 0);
  shape.output_trained = true;
  shape.state_numbers += shape.other_numbers;
  for (const BlockShape& block : shape.blocks) {
    shape.state_numbers += block.linear + block.vectors;
  }
  return shape;
}

std::vector<Alternative> alternatives(const PlannedJob& job) {
  const std::vector<RoundTrace> without = plain(job.rounds, job.shape.prompt_rows);
  const std::uint64_t rows = job.largest.rows;
  const std::uint64_t text = rows - job.shape.prompt_rows * job.largest.samples;
  return {
      priced("this job", job.shape, job.rounds, rows),
      priced("the same, whole model on the device", whole_on_device(job.shape), job.rounds, rows),
      priced("LoRA, rank 8, whole model on the device", federated_lora(job.shape, kAlternativeRank),
             without, text),
      priced("FedAvg of all weights", full_fedavg(job.shape), without, text), sent_data(job)};
}

}  // namespace cleave
