// The linear layers that a method of the weight site acts on (`tuning.targets`, `tuning.blocks`).
#pragma once

#include "common/base/random.h"
#include "common/model/inventory.h"
#include "common/tuning/method.h"

namespace cleave {

struct Target {
  std::int64_t block = 0;
  std::string name;  // the layer's, as in the checkpoint
  std::int64_t in = 0, out = 0;

  // "METHOD.BLOCK.NAME"
  std::string stem(std::string_view method) const;
};

// All of the job's, or those whose names end so in its blocks. Errors: DataError for a target that
// no block has, with those that there are.
std::vector<Target> targets_of(const TuningContext& context);
std::vector<Target> targets_of(const TuningContext& context, const std::vector<std::string>& ends);
// Those of which the state holds "METHOD.BLOCK.NAME" + suffix: one side's.
std::vector<Target> targets_in(std::vector<Target> targets, const State& state,
                               std::string_view method, const std::string& suffix = "");

// The checkpoint's weight in fp32, (out, in).
at::Tensor stored_weight(const TuningContext& context, const Target& target);

// fp32, uniform in +-bound.
at::Tensor uniform_tensor(const std::vector<std::int64_t>& shape, double bound, Stream& stream);

}  // namespace cleave
