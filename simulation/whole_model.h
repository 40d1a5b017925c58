// A client's and the server's half of a model in one process, without any network: the reference
// for the split path, and what eval and predict run.
#pragma once

#include "client/local_model.h"
#include "server/body/body_model.h"

namespace cleave {

// Not thread-safe. `parts` and `job` must outlive it.
class WholeModel {
 public:
  // `start`: a whole state, of both sides.
  WholeModel(const JobParts& parts, const Job& job, const State& start);

  // One step of the unsplit algorithm.
  StepOutcome step(const Batch& batch);
  // Logits (B, C), in the precision that the job's wire would give.
  at::Tensor logits(const Batch& batch) const;

  // A language model's most probable continuation of a text: `tokens` ids, or as many as there are
  // before one that ends a text, or as positions allow. Every token runs the whole text again.
  std::vector<std::int32_t> continued(const Example& text, std::int64_t tokens) const;

  // Both sides' trainers (trainer.h).
  void reset_optimizers();
  void set_anchor();
  void set_step(const GlobalStep& at);
  void scale_rates(double factor);

  State state() const { return merged(local.state(), body.state()); }

  LocalModel local;
  BodyModel body;

 private:
  const RowsForm& form_;
  std::int64_t positions_;  // for a text's tokens
  std::vector<std::int64_t> end_tokens_;
};

}  // namespace cleave
