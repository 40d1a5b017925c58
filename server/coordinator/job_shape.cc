#include "server/coordinator/job_shape.h"

#include <ATen/ATen.h>
#include <c10/util/accumulate.h>

#include <algorithm>

#include "common/base/version.h"
#include "common/exchange/job_trainer.h"
#include "common/model/inventory.h"
#include "common/tuning/vectors.h"

namespace cleave {
namespace {

std::uint64_t u(std::int64_t value) { return static_cast<std::uint64_t>(value); }

AddedWork added(const AddedProducts& own) { return {u(own.forward), u(own.backward), u(own.kept)}; }

// Layers come in the order in which a block applies them: those that read its input, one that ends
// the attention, those that widen, and one that ends the feed-forward.
BlockShape block_shape(const TuningContext& context, std::int64_t block, const MethodWork& work) {
  const ModelConfig& config = context.config;
  const LinearRoles& roles = context.architecture.roles;
  const Inventory inventory = inventory_of_block(config, context.architecture, block);
  BlockShape out;
  std::uint64_t wide = 0, ends = 0, widening = 0;
  for (const LinearName& linear : inventory.linears) {
    const bool end = ends_in_any(linear.name, roles.branch_ends);
    out.linear += u(linear.in * linear.out);
    if (ends_in_any(linear.name, roles.query_value)) out.query_value += u(linear.in + linear.out);
    if (end) {
      ends += u(linear.in);
    } else if (ends == 0) {
      out.entry += u(linear.in * linear.out);
    } else {
      wide += u(linear.out);
      ++widening;
    }
  }
  for (const VectorName& vector : inventory.vectors) out.vectors += u(vector.size);
  out.attention = u(config.heads * config.head_width());
  out.prefix_rows = u(work.prefix_rows);
  // Queries, keys, values; the inputs of two norms, which RMS norms hold twice; what is widened,
  // and of a gate its product.
  const std::uint64_t scaled = u(scales_alone(inventory));
  out.kept = 3 * out.attention + 2 * u(config.hidden) + scaled + wide +
             (widening > 1 ? wide / widening : 0);
  // A rotation keeps cosines and sines of queries and of keys.
  if (config.rope_theta != 0) out.kept += 2 * u(config.head_width());
  // Then also what every linear layer reads: what the norms give, and the ends' inputs.
  out.kept_trained = out.kept + 2 * u(config.hidden) + scaled + ends;
  if (const auto own = work.block.find(block); own != work.block.end()) {
    out.added = added(own->second);
  }
  return out;
}

// Numbers of embedding and final norm.
std::uint64_t numbers_outside(const TuningContext& context) {
  std::uint64_t sum = 0;
  const WeightSource count = [&](const std::string&, const std::vector<std::int64_t>& shape) {
    sum += u(c10::multiply_integers(shape));
    return at::empty(shape, at::device(at::kMeta).dtype(at::kFloat));
  };
  context.architecture.make_embedder(context.config, count);
  if (context.architecture.make_final_norm) {
    context.architecture.make_final_norm(context.config, count);
  }
  return sum;
}

// Where the head's backward ends. Rows are inserted before a block; what acts within a block leaves
// its input untouched, but for vectors, which may be of a norm before its first layers.
void set_reach(JobShape& shape, const TuningContext& context, const RowsPlan& plan) {
  shape.tuned_block = shape.gradient_block = u(context.config.layers);
  const auto reach = [&](std::uint64_t tuned, std::uint64_t gradient) {
    shape.tuned_block = std::min(shape.tuned_block, tuned);
    shape.gradient_block = std::min(shape.gradient_block, gradient);
  };
  if (shape.added_text.forward + shape.added_position.forward > 0) reach(0, 0);
  for (const Method* method : find_methods(context.job.tuning.method)) {
    const bool inserts = method->rows && method->rows(context).rows > 0;
    for (const Tunable& tunable : method->tunables(context)) {
      if (in_body(tunable.name, context.cut, context.config)) continue;
      const std::optional<std::int64_t> own = block_of(tunable.name);
      const std::uint64_t block = u(own.value_or(inserts ? plan.from_block : 0));
      const bool before = inserts || method->vectors || !own;
      reach(block, before ? block : block + 1);
    }
  }
}

void set_work(JobShape& shape, const TuningContext& context) {
  const ModelConfig& config = context.config;
  const Job& job = context.job;
  const RowsPlan plan = rows_plan(context);
  const MethodWork work = method_work(context);
  shape.head_blocks = u(job.cut.head);
  shape.tail_blocks = u(job.cut.tail);
  shape.body_blocks = u(config.layers - job.cut.head - job.cut.tail);
  for (std::int64_t block = 0; block < config.layers; ++block) {
    shape.blocks.push_back(block_shape(context, block, work));
  }
  shape.weight_bytes = job.model.precision == "bf16" ? 2 : 4;
  shape.other_numbers = numbers_outside(context);
  shape.added_text = added(work.text);
  shape.added_position = added(work.position);
  shape.added_step = added(work.step);
  shape.batch = u(job.optimizer.batch);
  shape.patch_numbers =
      config.is_image() ? u(config.channels * config.patch_size * config.patch_size) : 0;
  const TaskClass& task = context.architecture.task_class;
  const bool dense = job.cut.pool == "pooler" && task.has_dense();
  shape.dense = dense ? u(config.hidden * config.hidden) : 0;
  shape.dense_trained = task.dense_tuned;
  set_reach(shape, context, plan);
}

// Each client of a roster joins once; in a simulation an evaluator does, too, where there is
// anything to evaluate.
SessionShape session_shape(const Job& job) {
  SessionShape out;
  const bool evaluator = !job.data.dev.empty() || !job.data.test.empty() || job.data.held_out > 0;
  out.clients = job.server.roster.empty() ? u(job.federation.clients) + (evaluator ? 1 : 0)
                                          : job.server.roster.size();
  out.program_bytes = std::string_view(kProgramVersion).size();
  out.job_bytes = shared_job_toml(job).size();
  out.address_bytes = job.server.body.size();
  return out;
}

}  // namespace

JobShape job_shape(const JobParts& parts, const Job& job) {
  return job_shape(tuning_context(parts, job), state_numbers(job, parts.config, parts.labels),
                   parts.labels);
}

JobShape job_shape(const TuningContext& context, const StateNumbers& numbers, std::int64_t labels) {
  const Job& job = context.job;
  const RowsPlan plan = rows_plan(context);
  JobShape shape;
  shape.width = u(context.config.hidden);
  shape.bytes_per_number = job.wire.precision == "bf16" ? 2 : 4;
  shape.state_numbers = u(numbers.client);
  shape.held_numbers = u(numbers.client_held);
  shape.body_numbers = u(numbers.body);
  shape.body_held_numbers = u(numbers.body_held);
  shape.labels = u(labels);
  if (job.model.task == "causal_lm") shape.vocabulary = u(context.config.vocabulary);
  shape.state_copies = state_copies(job);
  set_work(shape, context);
  shape.prompt_rows = u(plan.rows);
  shape.prompt_from_block = u(plan.from_block);
  shape.prompt_sent = plan.sent;
  shape.prompt_returned = plan.returned;
  shape.bypass_epochs = u(job.phases.bypass_epochs);
  shape.bypass_over_all = job.phases.bypass_data == "all";
  shape.score_with_prompt = job.phases.score_prompt;
  shape.scored_twice = job.phases.rescore;
  shape.sessions = session_shape(job);
  return shape;
}

}  // namespace cleave
