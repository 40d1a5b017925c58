// One batch through the split: four crossings, each a visible line, or none where the body has no
// blocks. Computation is the lane's.
#pragma once

#include "client/local_model.h"
#include "common/base/lane.h"
#include "common/wire/link.h"

namespace cleave {

// Round and step that every frame of a step carries.
struct StepId {
  std::uint32_t round = 0;
  std::uint32_t step = 0;
};

// A training step; updates `local`. Errors: UnavailableError, ProtocolError.
asio::awaitable<StepOutcome> split_step(LocalModel& local, Link& body, Lane& lane,
                                        const Batch& batch, const RowsForm& form, StepId id);

// Forward only: the logits (B, C) of a batch.
asio::awaitable<at::Tensor> split_logits(const LocalModel& local, Link& body, Lane& lane,
                                         const Batch& batch, const RowsForm& form, StepId id);

}  // namespace cleave
