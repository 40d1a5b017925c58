// Jobs of the tiny models whose states can be exported, away from where they begin.
#pragma once

#include "common/peft/merged_folder.h"
#include "common/peft/write_adapter.h"
#include "common/tuning/tuned_tail.h"
#include "tests/peft/adapter_case.h"
#include "tests/support/method_case.h"

namespace cleave::testing {

struct ExportCase {
  std::string method, model;
  std::string blocks = "all";
  std::vector<std::string> targets = {};
  bool language = false;
};

inline std::string text_of(const ExportCase& c) {
  return c.method + " on " + c.model + (c.language ? " as a language model" : "") + ", blocks " +
         c.blocks;
}

// A trained job without having been trained.
struct Trained {
  explicit Trained(
      const ExportCase& c, const std::function<void(Job&)>& change = [](Job&) {})
      : Trained(job_of(c, change)) {}
  explicit Trained(const Job& given) : inputs(tiny_inputs(given, 6, 6)) {
    state = inputs.parts.whole_initial().clone();
    stir(state);
    for (Example& example : inputs.dev.examples) fit(example, inputs.parts.config);
  }

  static Job job_of(const ExportCase& c, const std::function<void(Job&)>& change) {
    Job job = method_job({c.method, "peft", c.model, {1, 0}});
    job.cut.pool = "pooler";
    job.tuning.blocks = c.blocks;
    job.tuning.targets = c.targets;
    if (c.language) job.model.task = "causal_lm";
    change(job);
    return job;
  }

  TuningContext context() const { return tuning_context(inputs.parts, inputs.job); }
  // Of a language model the last row's of every text.
  at::Tensor logits(const Batch& of) const {
    const WholeModel model(inputs.parts, inputs.job, state);
    if (inputs.job.model.task != "causal_lm") return model.logits(of);
    std::vector<at::Tensor> last;
    for (const Example* example : of) last.push_back(model.logits({example})[-1]);
    return at::stack(last);
  }

  Batch batch() const { return whole_batch(inputs.dev, 6); }
  at::Tensor logits() const { return logits(batch()); }

  JobInputs inputs;
  State state;
};

}  // namespace cleave::testing
