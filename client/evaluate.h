// Evaluation of a state on a client's own labelled data, forward only, through the split. The
// result is counts and sums; no sample leaves the device.
#pragma once

#include <cstdint>

#include "client/context.h"
#include "common/wire/control.h"
#include "common/wire/link.h"

namespace cleave {

// All but the coordinator's ledger.
asio::awaitable<EvalReport> evaluate(const ClientContext& context, Link& body, EvalSet set,
                                     std::uint32_t round, const State& state);

// Adds one batch's logits (B, C) to the counts and sums.
void count_batch(EvalReport& report, const JobParts& parts, const at::Tensor& logits,
                 const Batch& batch);

}  // namespace cleave
