#include "common/exchange/parts.h"

#include <ATen/ATen.h>

#include <numeric>

#include "common/base/error.h"
#include "common/tuning/prompt.h"
#include "common/tuning/tuned_tail.h"

namespace cleave {
namespace {

void check_frame_size(const RowsForm& form) {
  const auto rows = static_cast<std::uint64_t>(form.max_samples) *
                    static_cast<std::uint64_t>(form.max_text_rows + form.prompt_rows);
  const std::uint64_t bytes =
      rows * static_cast<std::uint64_t>(form.width) * dtype_size(form.dtype);
  if (bytes + 4 * static_cast<std::uint64_t>(form.max_samples) > kMaxPayloadBytes) {
    throw DataError("a batch of " + std::to_string(form.max_samples) + " samples can take " +
                    std::to_string(bytes >> 20) +
                    " MiB on the wire, above the limit of 256; lower "
                    "optimizer.batch, eval.batch or data.max_length");
  }
}

// The prompt starts as a text of that many tokens, with their positions.
void check_prompt_length(const Job& job, const ModelConfig& config) {
  if (config.is_image() || job.tuning.tokens <= config.positions) return;
  throw DataError("tuning.tokens = " + std::to_string(job.tuning.tokens) +
                  " is above the model's " + std::to_string(config.positions) +
                  " positions; lower it");
}

// Row 0 of a causal model sees no later row.
void check_prompt_place(const Model& model) {
  if (!model.architecture->causal) return;
  throw DataError("\"" + model.config.model_type +
                  "\" is a causal model: a prompt after row 0 leaves that row blind to it, and no "
                  "other place is offered yet; take a bert, roberta or vit model");
}

}  // namespace

JobParts make_job_parts(const Model& model, const Job& job, std::int64_t labels) {
  check_prompt_place(model);
  check_prompt_length(job, model.config);
  JobParts parts;
  parts.config = model.config;
  parts.architecture = model.architecture;
  parts.cut = {job.cut.head, job.cut.tail};
  parts.pool = parse_pool(job.cut.pool);
  parts.labels = labels;
  parts.head = make_head(model, parts.cut, parse_precision(job.model.precision));
  parts.initial.add(kPromptName, initial_prompt(*parts.head.embedder, job.tuning.tokens,
                                                seed_of(job, Seed::kInit)));
  add_initial_tail(parts.initial, model, parts.cut, labels);
  model.checkpoint.release_pages();
  parts.form = rows_form(job, model.config);
  check_frame_size(parts.form);
  return parts;
}

std::int64_t state_numbers(const Job& job, const ModelConfig& config, std::int64_t labels) {
  std::int64_t numbers = job.tuning.tokens * config.hidden;
  const WeightSource count = [&](const std::string&, const std::vector<std::int64_t>& shape) {
    numbers += std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
    return at::empty(shape, at::device(at::kMeta).dtype(at::kFloat));
  };
  make_tail(config, find_architecture(config.model_type), {job.cut.head, job.cut.tail}, Pool::kMean,
            labels, count);
  return numbers;
}

LabelMap make_label_map(const Job& job, const ModelConfig& config) {
  return LabelMap(job.data.labels.empty() ? config.labels : job.data.labels);
}

}  // namespace cleave
