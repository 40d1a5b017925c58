// Work in closed form, 2 operations per multiply-add. Counted are the matrix products: linear
// layers and attention; norms, activations and softmax are below one percent of them.
#include <algorithm>

#include "common/cost/trace.h"

namespace cleave {
namespace {

double as_double(std::uint64_t value) { return static_cast<double>(value); }

// One block's linear layers for a row: four projections and the feed-forward pair.
double linear_macs(const JobShape& s) {
  return 4.0 * as_double(s.width) * as_double(s.width) +
         2.0 * as_double(s.width) * as_double(s.intermediate);
}

// Consecutive blocks, and the rows that go through them: a prompt's only from one block on.
struct Blocks {
  std::uint64_t first = 0, count = 0;
};
struct Through {
  WorkTrace text, rows;
};

// Sum over the blocks of linear layers, and `attention` times one of attention's two products.
double products(const JobShape& s, const Blocks& blocks, const Through& w, double attention) {
  const auto block = [&](const WorkTrace& work) {
    return linear_macs(s) * as_double(work.rows) +
           attention * as_double(s.width) * as_double(work.squares);
  };
  const std::uint64_t end = blocks.first + blocks.count;
  const std::uint64_t begin = std::clamp(s.prompt_from_block, blocks.first, end);
  return as_double(begin - blocks.first) * block(w.text) + as_double(end - begin) * block(w.rows);
}

// Scores and weighted values.
double forward(const JobShape& s, const Blocks& blocks, const Through& w) {
  return products(s, blocks, w, 2.0);
}

// Gradient with respect to the input: as much again in linear layers, twice in attention.
double backward_input(const JobShape& s, const Blocks& blocks, const Through& w) {
  return products(s, blocks, w, 4.0);
}

double backward_weights(const JobShape& s, const Blocks& blocks, const Through& w) {
  return products(s, blocks, w, 0.0);
}

// Of images only; the class row of a sample is no patch.
double embedding(const JobShape& s, const WorkTrace& text) {
  return as_double(s.patch_numbers) * as_double(s.width) * as_double(text.rows - text.samples);
}

double classifier(const JobShape& s, const WorkTrace& w) {
  if (s.vocabulary > 0) return as_double(s.width) * as_double(s.vocabulary) * as_double(w.rows);
  return as_double(s.width) * as_double(s.labels) * as_double(w.samples);
}

WorkTrace without_prompt(const JobShape& s, const WorkTrace& w) {
  const std::uint64_t p = s.prompt_rows;
  return {w.samples, w.rows - p * w.samples, w.squares - 2 * p * w.rows + p * p * w.samples};
}

WorkTrace with_prompt(const JobShape& s, const WorkTrace& w) {
  const std::uint64_t p = s.prompt_rows;
  return {w.samples, w.rows + p * w.samples, w.squares + 2 * p * w.rows + p * p * w.samples};
}

Blocks head(const JobShape& s) { return {0, s.head_blocks}; }
Blocks body(const JobShape& s) { return {s.head_blocks, s.body_blocks}; }
Blocks tail(const JobShape& s) { return {s.head_blocks + s.body_blocks, s.tail_blocks}; }

double client_forward(const JobShape& s, const Through& w) {
  return embedding(s, w.text) + forward(s, head(s), w) + forward(s, tail(s), w) +
         classifier(s, w.rows);
}

double client_step(const JobShape& s, const Through& w) {
  return client_forward(s, w) + backward_input(s, head(s), w) + backward_input(s, tail(s), w) +
         backward_weights(s, tail(s), w) + 2.0 * classifier(s, w.rows);
}

}  // namespace

Flops flops(const JobShape& s, const RoundTrace& round) {
  Flops out;
  for (const ParticipantTrace& p : round.participants) {
    const double scorings = p.scored ? (s.scored_twice ? 2.0 : 1.0) : 0.0;
    const WorkTrace scored = s.score_with_prompt ? with_prompt(s, p.all) : p.all;
    out.client += scorings * client_forward(s, {p.all, scored});
    const WorkTrace bypassed = s.bypass_over_all ? with_prompt(s, p.all) : p.kept;
    out.client +=
        as_double(s.bypass_epochs) * client_step(s, {without_prompt(s, bypassed), bypassed});
    if (p.steps.empty()) continue;
    // The split pass may go over the kept samples more than once.
    std::uint64_t rows = 0;
    for (const BatchTrace& step : p.steps) rows += step.rows;
    const double passes = p.kept.rows == 0 ? 0.0 : as_double(rows) / as_double(p.kept.rows);
    const Through kept{without_prompt(s, p.kept), p.kept};
    out.client += passes * client_step(s, kept);
    out.body += passes * (forward(s, body(s), kept) + backward_input(s, body(s), kept));
  }
  out.client *= 2.0;
  out.body *= 2.0;
  return out;
}

}  // namespace cleave
