// Work in closed form, 2 operations per multiply-add. Counted are the matrix products of every
// block as it is built: linear layers, attention, and what tuning adds to them; norms, activations
// and softmax are below one percent of them.
#include <algorithm>

#include "common/cost/trace.h"

namespace cleave {
namespace {

double d(std::uint64_t value) { return static_cast<double>(value); }

// A pass over some samples: text rows alone and with the prompt's, which blocks see only from one
// on; and in how many steps.
struct Pass {
  WorkTrace text, rows;
  std::uint64_t steps = 0;
  bool prompt_read = true;  // out of the last block
};

// Whether what is tuned acts in the head.
enum class Tuned { kNo, kYes };

struct Range {
  std::uint64_t begin = 0, end = 0;
};

Range head(const JobShape& s) { return {0, s.head_blocks}; }
Range body(const JobShape& s) { return {s.head_blocks, s.head_blocks + s.body_blocks}; }
Range tail(const JobShape& s) {
  const std::uint64_t begin = s.head_blocks + s.body_blocks;
  return {begin, begin + s.tail_blocks};
}

const WorkTrace& seen(const JobShape& s, std::uint64_t block, const Pass& pass) {
  return block < s.prompt_from_block ? pass.text : pass.rows;
}

// Pairs of a row and one that it sees, times the width of the queries: one product of attention.
double attention(const BlockShape& block, const WorkTrace& w, Tuned tuned) {
  const double prefix = tuned == Tuned::kYes ? d(block.prefix_rows) * d(w.rows) : 0;
  return d(block.attention) * (d(w.squares) + prefix);
}

// Scores and weighted values.
double forward(const JobShape& s, Range range, const Pass& pass, Tuned tuned = Tuned::kYes) {
  double sum = 0;
  for (std::uint64_t k = range.begin; k < range.end; ++k) {
    const BlockShape& block = s.blocks[k];
    const WorkTrace& w = seen(s, k, pass);
    const double added = tuned == Tuned::kYes ? d(block.added.forward) : 0;
    sum += (d(block.linear) + added) * d(w.rows) + 2 * attention(block, w, tuned);
  }
  return sum;
}

// Gradients of the inputs: in linear layers as much again; in attention that of queries, keys,
// values and scores, and the scores once more, which are made again.
double backward_block(const BlockShape& block, const WorkTrace& w, bool to_the_input) {
  const double linear = d(block.linear) - (to_the_input ? 0 : d(block.entry));
  return (linear + d(block.added.backward)) * d(w.rows) + 5 * attention(block, w, Tuned::kYes);
}

double backward(const JobShape& s, Range range, const Pass& pass) {
  double sum = 0;
  for (std::uint64_t k = range.begin; k < range.end; ++k) {
    sum += backward_block(s.blocks[k], seen(s, k, pass), true);
  }
  return sum;
}

// The head's goes down to what is tuned, and no further.
double head_backward(const JobShape& s, const Pass& pass) {
  double sum = 0;
  for (std::uint64_t k = s.tuned_block; k < s.head_blocks; ++k) {
    sum += backward_block(s.blocks[k], seen(s, k, pass), k >= s.gradient_block);
  }
  return sum;
}

double weights_backward(const JobShape& s, Range range, const Pass& pass) {
  double sum = 0;
  for (std::uint64_t k = range.begin; k < range.end; ++k) {
    sum += d(s.blocks[k].linear) * d(seen(s, k, pass).rows);
  }
  return sum;
}

// Of images only; the class row of a sample is no patch.
double embedding(const JobShape& s, const WorkTrace& text) {
  return d(s.patch_numbers) * d(s.width) * d(text.rows - text.samples);
}

// What tuning computes before the first block. Of the longest text the mean stands for it.
double added(const JobShape& s, const Pass& pass, std::uint64_t AddedWork::*when) {
  const WorkTrace& text = pass.text;
  const double length = text.samples == 0 ? 0 : d(text.rows) / d(text.samples);
  return d(s.added_text.*when) * d(text.rows) +
         (d(s.added_position.*when) * length + d(s.added_step.*when)) * d(pass.steps);
}

// The classifier and what is before it read one row of a sample, a language model's every row.
// Forward; the gradient of the input is as much again.
double read_out(const JobShape& s, const Pass& pass) {
  const WorkTrace& w = pass.prompt_read ? pass.rows : pass.text;
  if (s.vocabulary > 0) return d(s.width) * d(s.vocabulary) * d(w.rows);
  return (d(s.dense) + d(s.width) * d(s.labels)) * d(w.samples);
}

double read_out_weights(const JobShape& s, const Pass& pass) {
  if (s.vocabulary > 0) return s.output_trained ? read_out(s, pass) : 0;
  return ((s.dense_trained ? d(s.dense) : 0) + d(s.width) * d(s.labels)) * d(pass.text.samples);
}

double client_forward(const JobShape& s, const Pass& pass, Tuned tuned) {
  const double own = tuned == Tuned::kYes ? added(s, pass, &AddedWork::forward) : 0;
  return embedding(s, pass.text) + own + forward(s, head(s), pass, tuned) +
         forward(s, tail(s), pass) + read_out(s, pass);
}

double client_step(const JobShape& s, const Pass& pass) {
  return client_forward(s, pass, Tuned::kYes) + added(s, pass, &AddedWork::backward) +
         head_backward(s, pass) + backward(s, tail(s), pass) + weights_backward(s, tail(s), pass) +
         read_out(s, pass) + read_out_weights(s, pass);
}

WorkTrace without_prompt(const JobShape& s, const WorkTrace& w) {
  const std::uint64_t p = s.prompt_rows;
  return {w.samples, w.rows - p * w.samples, w.squares - 2 * p * w.rows + p * p * w.samples};
}

WorkTrace with_prompt(const JobShape& s, const WorkTrace& w) {
  const std::uint64_t p = s.prompt_rows;
  return {w.samples, w.rows + p * w.samples, w.squares + 2 * p * w.rows + p * p * w.samples};
}

std::uint64_t steps_over(const JobShape& s, const WorkTrace& w) {
  return s.batch == 0 ? 0 : (w.samples + s.batch - 1) / s.batch;
}

// Of whole passes over the kept samples, of which there may be several.
struct Split {
  double client = 0, body = 0;
};
Split split_work(const JobShape& s, const ParticipantTrace& p) {
  std::uint64_t rows = 0;
  for (const BatchTrace& step : p.steps) rows += step.rows;
  if (rows == 0 || p.kept.rows == 0) return {};
  const double passes = d(rows) / d(p.kept.rows);
  const Pass kept{without_prompt(s, p.kept), p.kept, steps_over(s, p.kept)};
  return {passes * client_step(s, kept),
          passes * (forward(s, body(s), kept) + backward(s, body(s), kept))};
}

double bypass_work(const JobShape& s, const ParticipantTrace& p) {
  const double scorings = p.scored ? (s.scored_twice ? 2.0 : 1.0) : 0.0;
  const Tuned tuned = s.score_with_prompt ? Tuned::kYes : Tuned::kNo;
  const WorkTrace scored = s.score_with_prompt ? with_prompt(s, p.all) : p.all;
  WorkTrace stepped = s.bypass_over_all ? with_prompt(s, p.all) : p.kept;
  const WorkTrace bare = without_prompt(s, stepped);
  // A prompt that the body inserts is not seen, and of one that every block inserts anew the
  // body's.
  const Range skipped = body(s);
  const bool inserted = s.prompt_from_block < skipped.begin || s.prompt_from_block >= skipped.end;
  if (!inserted && !s.prompt_sent) stepped = bare;
  const bool read = s.prompt_sent || s.tail_blocks > 0;
  return scorings * client_forward(s, {p.all, scored, steps_over(s, p.all)}, tuned) +
         d(s.bypass_epochs) * client_step(s, {bare, stepped, steps_over(s, stepped), read});
}

}  // namespace

Flops flops(const JobShape& s, const RoundTrace& round) {
  Flops out;
  for (const ParticipantTrace& p : round.participants) {
    const Split split = split_work(s, p);
    out.client += 2 * (bypass_work(s, p) + split.client);
    out.body += 2 * split.body;
  }
  return out;
}

}  // namespace cleave
