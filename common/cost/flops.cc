// Work in closed form, 2 operations per multiply-add. Counted are the matrix products: linear
// layers and attention; norms, activations and softmax are below one percent of them.
#include "common/cost/trace.h"

namespace cleave {
namespace {

double as_double(std::uint64_t value) { return static_cast<double>(value); }

// One block's linear layers for a row: four projections and the feed-forward pair.
double linear_macs(const JobShape& s) {
  return 4.0 * as_double(s.width) * as_double(s.width) +
         2.0 * as_double(s.width) * as_double(s.intermediate);
}

// Forward through `blocks` blocks: linear layers, scores and weighted values.
double forward(const JobShape& s, std::uint64_t blocks, const WorkTrace& w) {
  return as_double(blocks) *
         (linear_macs(s) * as_double(w.rows) + 2.0 * as_double(s.width) * as_double(w.squares));
}

// Gradient with respect to the input: as much again in linear layers, twice in attention.
double backward_input(const JobShape& s, std::uint64_t blocks, const WorkTrace& w) {
  return as_double(blocks) *
         (linear_macs(s) * as_double(w.rows) + 4.0 * as_double(s.width) * as_double(w.squares));
}

double backward_weights(const JobShape& s, std::uint64_t blocks, const WorkTrace& w) {
  return as_double(blocks) * linear_macs(s) * as_double(w.rows);
}

// Of images only; the class row of a sample is no patch.
double embedding(const JobShape& s, const WorkTrace& text) {
  return as_double(s.patch_numbers) * as_double(s.width) * as_double(text.rows - text.samples);
}

double classifier(const JobShape& s, const WorkTrace& w) {
  return as_double(s.width) * as_double(s.labels) * as_double(w.samples);
}

WorkTrace without_prompt(const JobShape& s, const WorkTrace& w) {
  return {w.samples, w.rows - s.prompt_rows * w.samples, 0};
}

WorkTrace with_prompt(const JobShape& s, const WorkTrace& w) {
  const std::uint64_t p = s.prompt_rows;
  return {w.samples, w.rows + p * w.samples, w.squares + 2 * p * w.rows + p * p * w.samples};
}

double client_forward(const JobShape& s, const WorkTrace& text, const WorkTrace& rows) {
  return embedding(s, text) + forward(s, s.head_blocks + s.tail_blocks, rows) + classifier(s, rows);
}

double client_step(const JobShape& s, const WorkTrace& text, const WorkTrace& rows) {
  return client_forward(s, text, rows) + backward_input(s, s.head_blocks + s.tail_blocks, rows) +
         backward_weights(s, s.tail_blocks, rows) + 2.0 * classifier(s, rows);
}

}  // namespace

Flops flops(const JobShape& s, const RoundTrace& round) {
  Flops out;
  for (const ParticipantTrace& p : round.participants) {
    const double scorings = p.scored ? (s.scored_twice ? 2.0 : 1.0) : 0.0;
    const WorkTrace scored = s.score_with_prompt ? with_prompt(s, p.all) : p.all;
    out.client += scorings * client_forward(s, p.all, scored);
    const WorkTrace bypassed = s.bypass_over_all ? with_prompt(s, p.all) : p.kept;
    out.client +=
        as_double(s.bypass_epochs) * client_step(s, without_prompt(s, bypassed), bypassed);
    if (p.steps.empty()) continue;
    // The split pass may go over the kept samples more than once.
    std::uint64_t rows = 0;
    for (const BatchTrace& step : p.steps) rows += step.rows;
    const double passes = p.kept.rows == 0 ? 0.0 : as_double(rows) / as_double(p.kept.rows);
    out.client += passes * client_step(s, without_prompt(s, p.kept), p.kept);
    out.body +=
        passes * (forward(s, s.body_blocks, p.kept) + backward_input(s, s.body_blocks, p.kept));
  }
  out.client *= 2.0;
  out.body *= 2.0;
  return out;
}

}  // namespace cleave
