// A state as bytes: its tensors' fp32 values one after another in name order, with no names. Both
// ends derive names and shapes from the job.
#pragma once

#include "common/base/buffer.h"
#include "common/tuning/state.h"

namespace cleave {

std::uint64_t state_bytes(const State& form);  // 4 bytes a number

Buffer pack_state(const State& state);

// A state of the form of `form`, its values unchecked. Errors: ProtocolError when the size differs.
State unpack_state(const Buffer& bytes, const State& form);

}  // namespace cleave
