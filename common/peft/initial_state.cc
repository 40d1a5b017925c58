#include "common/peft/initial_state.h"

#include <algorithm>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/peft/adapter_config.h"
#include "common/peft/read_adapter.h"

namespace cleave {
namespace {

Adapter read_run(const fs::path& folder) {
  if (!fs::exists(folder / "job.toml")) {
    throw DataError("tuning.init: " + folder.string() +
                    " holds neither a run (job.toml) nor a PEFT "
                    "adapter (" +
                    kAdapterConfig + ")");
  }
  if (!fs::exists(folder / "state.safetensors")) {
    throw DataError("tuning.init: " + folder.string() + " holds no complete round yet");
  }
  return {load_job(folder / "job.toml", {}).job, load_state(folder / "state.safetensors").state};
}

// Whether the same tensors compute the same under both jobs.
void check_same_meaning(const TuningContext& context, const Job& other, const std::string& folder) {
  const auto refuse = [&](const std::string& what) {
    throw DataError("tuning.init: the state in " + folder + " was trained with another " + what);
  };
  if (other.tuning.method != context.job.tuning.method) {
    refuse("tuning.method, \"" + other.tuning.method + "\"");
  }
  const TuningContext theirs{other, context.config, context.architecture, context.cut};
  if (!(rows_plan(theirs) == rows_plan(context))) refuse("tuning.at or tuning.tokens");
  const auto own = factor_pairs(context), factors = factor_pairs(theirs);
  const bool same = std::equal(own.begin(), own.end(), factors.begin(), factors.end(),
                               [](const FactorPair& a, const FactorPair& b) {
                                 return a.left == b.left && a.scale == b.scale;
                               });
  if (!same) refuse("scale or choice of factors (rank, alpha, rslora, targets, blocks)");
}

}  // namespace

std::optional<std::string> initial_folder(const std::string& init) {
  const std::string prefix = "state:";
  if (init.rfind(prefix, 0) != 0) return std::nullopt;
  return init.substr(prefix.size());
}

State initial_state(const TuningContext& context, const Model& model, const std::string& folder) {
  const bool peft = fs::exists(fs::path(folder) / kAdapterConfig);
  AdapterOptions options;
  options.head = context.cut.head;
  Adapter start = peft ? read_adapter(model, folder, options) : read_run(folder);
  check_same_meaning(context, start.job, folder);
  return std::move(start.state);
}

}  // namespace cleave
