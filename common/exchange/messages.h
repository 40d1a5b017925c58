// Rows and states as frames, and back: what both ends of every exchange share. It decides neither
// what is computed nor in which order frames go (client/split_step, server/body/session).
//
// Parsers throw ProtocolError for shapes that the job does not allow and for values that are not
// finite.
#pragma once

#include <cstdint>

#include "common/base/dtype.h"
#include "common/config/job.h"
#include "common/model/model_config.h"
#include "common/model/rows.h"
#include "common/tuning/method.h"
#include "common/tuning/state.h"
#include "common/wire/frame.h"

namespace cleave {

// What every tensor on a body link must look like.
struct RowsForm {
  std::int64_t width = 0;        // D
  RowsPlan plan = {};            // prompt rows beside the text
  std::int64_t max_samples = 0;  // of a batch
  std::int64_t max_text_rows = 0;
  Dtype dtype = Dtype::kF32;
  bool empty_body = false;  // no block between the cuts: nothing crosses

  // Of a text-only layout: what crosses at the first cut, and at the second, and what is read out,
  // wherever on the way a method has inserted its rows.
  Layout smashed(Layout text) const;
  Layout features(Layout text) const;
  Layout read_out(Layout text) const;
};

// Errors: DataError where prompt and positions leave no room for text.
RowsForm rows_form(const TuningContext& context);

// What a link of each kind may carry once the job is known.
FrameLimits coordinator_limits(const State& form);
FrameLimits body_limits(const RowsForm& form);

// Smashed data carry each sample's text length behind the tensor; the other crossings have the
// layout of the smashed data that opened the step.
Frame smashed_frame(Kind kind, const Rows& rows, const RowsForm& form);
Rows parse_smashed(Frame frame, const RowsForm& form);

Frame rows_frame(Kind kind, const at::Tensor& x, const RowsForm& form);
at::Tensor parse_rows(Frame frame, const Layout& layout, const RowsForm& form);

Frame state_frame(Kind kind, const State& state);
State parse_state(const Frame& frame, const State& form);
// The same of what a client is to compute with: every number finite.
State parse_finite_state(const Frame& frame, const State& form);

}  // namespace cleave
