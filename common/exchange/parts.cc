#include "common/exchange/parts.h"

#include <ATen/ATen.h>
#include <c10/util/accumulate.h>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/peft/initial_state.h"
#include "common/tuning/tuned_tail.h"

namespace cleave {
namespace {

void check_frame_size(const RowsForm& form) {
  const auto rows = static_cast<std::uint64_t>(form.max_samples) *
                    static_cast<std::uint64_t>(form.max_text_rows + form.plan.rows);
  const std::uint64_t bytes =
      rows * static_cast<std::uint64_t>(form.width) * dtype_size(form.dtype);
  if (bytes + 4 * static_cast<std::uint64_t>(form.max_samples) > kMaxPayloadBytes) {
    throw DataError("a batch of " + std::to_string(form.max_samples) + " samples can take " +
                    std::to_string(bytes >> 20) +
                    " MiB on the wire, above the limit of 256; lower "
                    "optimizer.batch, eval.batch or data.max_length");
  }
}

Task task_of(const Job& job, const Architecture& architecture) {
  if (job.model.task != "causal_lm") return Task::kClassification;
  if (!architecture.causal) {
    throw DataError("model.task = \"causal_lm\": rows of a \"" +
                    std::string(architecture.model_type) +
                    "\" model see what they would predict; take a gpt2 or llama model");
  }
  if (job.phases.keep < 1 && job.phases.score != "random") {
    throw DataError("phases.score = \"" + job.phases.score +
                    "\" scores classes, of which a language model has none; set \"random\"");
  }
  return Task::kCausalLm;
}

Cut cut_of(const Job& job) { return {job.cut.head, job.cut.tail}; }

// Zeros where `values` asks for the form only, or a given state is put in their place.
void add_tunables(JobParts& parts, const TuningContext& context, Values values, bool given) {
  for (const Tunable& tunable : all_tunables(context)) {
    const bool body = in_body(tunable.name, parts.cut, parts.config);
    if (values == Values::kFormOnly && body) continue;
    at::Tensor value = values == Values::kAll && !given ? tunable.initial().contiguous()
                                                        : at::zeros(tunable.shape, at::kFloat);
    CLEAVE_CHECK(value.sizes() == tunable.shape && value.scalar_type() == at::kFloat);
    (body ? parts.body_initial : parts.initial).add(tunable.name, std::move(value));
  }
}

bool is_tail(const std::string& name) { return name.rfind("tail.", 0) == 0; }

// The state of a task with other classes lends all but its tail: prompt transfer.
State for_these_classes(const State& start, const State& own, const std::string& folder) {
  const std::string bias = "tail.classifier.bias";
  if (!start.has(bias) || !own.has(bias) || start.at(bias).sizes() == own.at(bias).sizes()) {
    return start;
  }
  log_info(folder + " is of a task with " + std::to_string(start.at(bias).numel()) +
           " classes, this one has " + std::to_string(own.at(bias).numel()) +
           ": the tail begins anew");
  return merged(part_of(start, [](const std::string& name) { return !is_tail(name); }),
                part_of(own, is_tail));
}

// A state that no rule has added to the base for begins with the base as it is.
State with_base(State start, const State& own, const TuningContext& context) {
  for (const FactorPair& pair : factor_pairs(context)) {
    if (own.has(pair.base_change) && !start.has(pair.base_change)) {
      start.add(pair.base_change, own.at(pair.base_change));
    }
  }
  return start;
}

// Everything begins as in the state that tuning.init names.
void begin_with(JobParts& parts, const TuningContext& context, const State& given,
                const std::string& folder) {
  const State own = parts.whole_initial();
  const State start = with_base(for_these_classes(given, own, folder), own, context);
  check_same_form(start, own, folder);
  if (!all_finite(start)) throw DataError(folder + ": the state has values that are not finite");
  parts.initial = client_part(start, parts);
  parts.body_initial = body_part(start, parts);
}

}  // namespace

JobParts make_job_parts(const Model& model, const Job& job, const LabelMap& labels,
                        const Tokenizer* tokenizer, Values values) {
  JobParts parts;
  parts.config = model.config;
  parts.architecture = model.architecture;
  parts.cut = cut_of(job);
  parts.task = task_of(job, *parts.architecture);
  parts.pool = parts.task == Task::kCausalLm ? Pool::kEveryRow : parse_pool(job.cut.pool);
  parts.labels = labels.size();
  parts.frozen = make_frozen_weights(model, parse_precision(job.model.precision));
  parts.head = make_head(parts.config, *parts.architecture, parts.cut, parts.frozen, {});
  parts.stored = frozen_weights(model, Precision::kFp32);
  TuningContext context = tuning_context(parts, job);
  parts.form = rows_form(context);
  check_frame_size(parts.form);
  context.labels = labels.names();
  context.embedder = parts.head.embedder.get();
  context.tokenizer = tokenizer;
  const std::optional<std::string> folder =
      values == Values::kAll ? initial_folder(job.tuning.init) : std::nullopt;
  add_tunables(parts, context, values, folder.has_value());
  add_initial_tail(parts.initial, model, parts.cut, parts.readout());
  if (folder) begin_with(parts, context, initial_state(context, model, *folder), *folder);
  const std::set<std::string> held = held_entries(context);
  parts.update_form =
      part_of(parts.initial, [&](const std::string& name) { return !held.contains(name); });
  model.checkpoint.release_pages();
  return parts;
}

TuningContext tuning_context(const JobParts& parts, const Job& job) {
  return {job, parts.config, *parts.architecture, parts.cut, parts.stored, parts.derived};
}

State client_part(const State& whole, const JobParts& parts) {
  return part_of(whole,
                 [&](const std::string& name) { return !in_body(name, parts.cut, parts.config); });
}

State body_part(const State& whole, const JobParts& parts) {
  return part_of(whole,
                 [&](const std::string& name) { return in_body(name, parts.cut, parts.config); });
}

State update_part(const State& client, const JobParts& parts) {
  return part_of(client, [&](const std::string& name) { return parts.update_form.has(name); });
}

State with_update(const State& client, const State& update, const JobParts& parts) {
  return merged(update, part_of(client, [&](const std::string& name) {
                  return !parts.update_form.has(name);
                }));
}

StateNumbers tuned_numbers(const TuningContext& context) {
  StateNumbers numbers;
  const std::set<std::string> held = held_entries(context);
  for (const Tunable& tunable : all_tunables(context)) {
    const bool body = in_body(tunable.name, context.cut, context.config);
    const std::int64_t own = c10::multiply_integers(tunable.shape);
    (body ? numbers.body : numbers.client) += own;
    if (held.contains(tunable.name)) (body ? numbers.body_held : numbers.client_held) += own;
  }
  return numbers;
}

StateNumbers state_numbers(const Job& job, const ModelConfig& config, std::int64_t labels) {
  const Cut cut = cut_of(job);
  const Architecture& architecture = find_architecture(config.model_type);
  check_cut(cut, config);
  StateNumbers numbers = tuned_numbers({job, config, architecture, cut});
  const bool language = task_of(job, architecture) == Task::kCausalLm;
  visit_tail(config, architecture, cut,
             {language ? Pool::kEveryRow : parse_pool(job.cut.pool), labels},
             [&](const std::string&, const std::vector<std::int64_t>& shape) {
               numbers.client += c10::multiply_integers(shape);
               return at::empty(shape, at::device(at::kMeta).dtype(at::kFloat));
             });
  return numbers;
}

LabelMap make_label_map(const Job& job, const ModelConfig& config) {
  if (job.model.task == "causal_lm") return LabelMap({"text"});
  return LabelMap(job.data.labels.empty() ? config.labels : job.data.labels);
}

}  // namespace cleave
