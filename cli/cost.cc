// cleave cost: what a job will send, compute and hold in memory, before anything runs.
#include <fmt/format.h>

#include "cli/command.h"
#include "common/base/error.h"
#include "common/cost/alternatives.h"
#include "common/cost/memory.h"
#include "common/tuning/unread_keys.h"
#include "server/coordinator/run_job.h"
#include "server/round_table.h"
#include "simulation/plan.h"

namespace cleave {
namespace {

struct CostOptions {
  std::string job, lengths;
  std::vector<std::string> settings;
};

struct Totals {
  Cost cost;
  Flops work;
};

Totals totals_of(const JobShape& shape, const std::vector<RoundTrace>& rounds) {
  Totals out;
  for (const RoundTrace& round : rounds) {
    out.cost += cost(shape, round);
    const Flops own = flops(shape, round);
    out.work.client += own.client;
    out.work.body += own.body;
  }
  return out;
}

std::uint64_t payload(const Totals& totals) {
  return training_payload(totals.cost.up) + training_payload(totals.cost.down);
}

void print_kinds(const Cost& cost) {
  const auto print = [](const auto& direction, const char* name) {
    for (const auto& [kind, traffic] : direction) {
      fmt::print("  {:<14} {:>5} {:>9} {:>16}\n", kind, name, traffic.frames, traffic.payload);
    }
  };
  fmt::print("{:<16} {:>5} {:>9} {:>16}\n", "bytes by kind", "", "frames", "payload");
  print(cost.up, "up");
  print(cost.down, "down");
}

void print_plan(const JobShape& shape, const Plan& plan) {
  const Totals expected = totals_of(shape, plan.expected);
  fmt::print("{}", bill_text(bill_of(shape, expected.cost)));
  print_kinds(expected.cost);
  const auto line = [](const char* name, std::uint64_t bytes) {
    fmt::print("training payload, {:<8} {:>16} ({})\n", name, bytes,
               human_bytes(static_cast<double>(bytes)));
  };
  if (plan.exact) {
    line("exact", payload(expected));
  } else {
    line("least", payload(totals_of(shape, plan.least)));
    line("expected", payload(expected));
    line("most", payload(totals_of(shape, plan.most)));
  }
  fmt::print("client work {:.3g} FLOP, body work {:.3g} FLOP\n", expected.work.client,
             expected.work.body);
}

BatchTrace largest_step(const Plan& plan) {
  BatchTrace largest;
  for (const RoundTrace& round : plan.most) {
    for (const ParticipantTrace& p : round.participants) {
      for (const BatchTrace& step : p.steps) {
        if (step.rows > largest.rows) largest = step;
      }
    }
  }
  return largest;
}

// A batch of the longest texts.
BatchTrace largest_step(const Job& job, std::uint64_t prompt, const Lengths& lengths) {
  const auto samples = static_cast<std::uint64_t>(std::min(job.optimizer.batch, lengths.samples));
  return {samples, samples * (static_cast<std::uint64_t>(lengths.max) + prompt)};
}

WorkTrace work_of(const Lengths& lengths) {
  const double n = static_cast<double>(lengths.samples), rows = n * lengths.mean;
  return {static_cast<std::uint64_t>(n), static_cast<std::uint64_t>(rows),
          static_cast<std::uint64_t>(rows * lengths.mean)};
}

void print_alternatives(const PlannedJob& job) {
  fmt::print("{:<42} {:>10} {:>12} {:>14}\n", "the alternatives, as many rounds", "bytes",
             "device FLOP", "device memory");
  for (const Alternative& a : alternatives(job)) {
    fmt::print("  {:<40} {:>10} {:>12.3g} {:>14}\n", a.name,
               human_bytes(static_cast<double>(a.bytes)), a.device_flops,
               human_bytes(a.device_memory));
  }
  fmt::print(
      "  bytes: all on the sockets; FLOP: of all devices together; memory: of one (estimate)\n"
      "  cut.head = {} keeps the whole model on the device: then nothing but states crosses\n",
      job.shape.blocks.size() - job.shape.tail_blocks);
}

void print_memory(const JobShape& shape, std::uint64_t rows) {
  const Memory memory = memory_estimate(shape, rows);
  fmt::print(
      "memory of the largest step beside the programs themselves (estimate)\n"
      "  client: weights {}, state and optimiser {}, activations {}\n"
      "  body: weights {}, activations per client in flight {}, tuned state per participant {}\n",
      human_bytes(memory.client_weights), human_bytes(memory.client_state),
      human_bytes(memory.client_activations), human_bytes(memory.body_weights),
      human_bytes(memory.body_activations), human_bytes(memory.body_state));
}

int cost_command(const CostOptions& options) {
  const LoadedJob loaded = load_job(options.job, options.settings);
  warn_of_unread_keys(loaded);
  Job job = loaded.job;
  if (!job.server.roster.empty()) {  // a deployment, whose clients are these
    job.federation.clients = static_cast<std::int64_t>(job.server.roster.size());
  }
  if (!options.lengths.empty()) {
    const ModelConfig config = load_model_config(job.model.path);
    const Cut cut{job.cut.head, job.cut.tail};
    check_cut(cut, config);
    const TuningContext context{job, config, find_architecture(config.model_type), cut};
    const auto labels = static_cast<std::int64_t>(make_label_map(job, config).size());
    const Lengths lengths = parse_lengths(options.lengths);
    if (const std::int64_t most = rows_form(context).max_text_rows; lengths.max > most) {
      throw UsageError("--lengths " + options.lengths + ": no text has more than " +
                       std::to_string(most) + " rows (data.max_length, the model's positions)");
    }
    const JobShape shape = job_shape(context, state_numbers(job, config, labels), labels);
    const Plan plan = plan_from_lengths(job, shape.prompt_rows, lengths);
    print_plan(shape, plan);
    if (job.eval.every > 0) fmt::print("evaluations are not in it: their data have no --lengths\n");
    const BatchTrace largest = largest_step(job, shape.prompt_rows, lengths);
    print_memory(shape, largest.rows);
    print_alternatives({shape, plan.expected, largest, work_of(lengths)});
    return 0;
  }
  const JobInputs inputs = load_inputs(job);
  const Plan plan = plan_job(inputs, make_partition(job, inputs.train));
  const JobShape shape = job_shape(inputs.parts, job);
  print_plan(shape, plan);
  const BatchTrace largest = largest_step(plan);
  print_memory(shape, largest.rows);
  print_alternatives(
      {shape, plan.expected, largest, text_work(inputs.train, *inputs.parts.head.embedder)});
  return 0;
}

}  // namespace

void add_cost(CLI::App& app, Run& run) {
  auto options = std::make_shared<CostOptions>();
  CLI::App* command = app.add_subcommand("cost", "Price a job before it runs");
  command->add_option("job", options->job, "The job file")->required();
  command->add_option("--set", options->settings, "key=value, over the job file; may be repeated")
      ->allow_extra_args(false);
  command->add_option(
      "--lengths", options->lengths,
      "MEAN:MAX:N, mean and most rows of a text and how many texts, in place of the data; "
      "of the model, config.json is enough");
  command->footer(
      "Example:\n  cleave cost job.toml\n  cleave cost job.toml --lengths 23.5:60:6920");
  command->callback([=, &run] { run = [=] { return cost_command(*options); }; });
}

}  // namespace cleave
