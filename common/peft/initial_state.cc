#include "common/peft/initial_state.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/config/sealed_job.h"
#include "common/peft/adapter_config.h"
#include "common/peft/read_adapter.h"
#include "common/tuning/word_offset.h"

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
  SavedState saved = load_sealed_state(folder / "state.safetensors");
  if (saved.metadata.contains("untrained")) {
    throw DataError("tuning.init: " + folder.string() + " holds no complete round yet");
  }
  return {load_sealed_job(folder / "job.toml").job, std::move(saved.state)};
}

[[noreturn]] void refuse_value(const std::string& folder, const std::string& key,
                               const std::string& theirs, const std::string& own) {
  throw DataError("tuning.init: the state in " + folder + " was trained with " + key + " = " +
                  theirs + ", which means something else with " + own + " here; set " + key +
                  " = " + theirs);
}

bool has_method(const Job& job, std::string_view name) {
  const std::vector<const Method*> methods = find_methods(job.tuning.method);
  return std::any_of(methods.begin(), methods.end(),
                     [&](const Method* method) { return method->name == name; });
}

std::vector<std::string> labels_of(const TuningContext& context, const Job& job) {
  return job.data.labels.empty() ? context.config.labels : job.data.labels;
}

// A language model has no classifier, and one of another number of classes begins anew.
bool takes_classifier(const TuningContext& context, const Job& other) {
  return context.job.model.task != "causal_lm" &&
         labels_of(context, context.job).size() == labels_of(context, other).size();
}

void check_pool(const TuningContext& context, const Job& other, const std::string& folder) {
  const std::string &own = context.job.cut.pool, &theirs = other.cut.pool;
  if (!takes_classifier(context, other) || own == theirs) return;
  refuse_value(folder, "cut.pool", '"' + theirs + '"', '"' + own + '"');
}

// Frozen matrices that every side makes from the job's seed are in no state.
void check_frozen_matrices(const TuningContext& context, const Job& other,
                           const std::string& folder) {
  if (!has_method(context.job, "ulpt") && !has_method(context.job, "vera")) return;
  const std::uint64_t own = seed_of(context.job, Seed::kInit), theirs = seed_of(other, Seed::kInit);
  if (own == theirs) return;
  refuse_value(folder, "seeds.init", std::to_string(theirs), std::to_string(own));
}

// Its offsets are no factor pair, so that their scale is not among those of factors.
void check_offset_scale(const TuningContext& context, const TuningContext& theirs,
                        const std::string& folder) {
  if (!has_method(context.job, "ept_style") ||
      context.job.tuning.rank != theirs.job.tuning.rank ||  // a difference of form
      offset_scale(context) == offset_scale(theirs)) {
    return;
  }
  refuse_value(folder, "tuning.alpha", fmt::format("{}", theirs.job.tuning.alpha),
               fmt::format("{}", context.job.tuning.alpha));
}

// Row i of a classifier is of class i. Other names may be the same classes.
void check_label_order(const TuningContext& context, const Job& other, const std::string& folder) {
  const std::vector<std::string> own = labels_of(context, context.job);
  const std::vector<std::string> theirs = labels_of(context, other);
  if (!takes_classifier(context, other) || own == theirs ||
      !std::is_permutation(own.begin(), own.end(), theirs.begin(), theirs.end())) {
    return;
  }
  const auto text = [](const std::vector<std::string>& labels) {
    return fmt::format("[\"{}\"]", fmt::join(labels, "\", \""));
  };
  refuse_value(folder, "data.labels", text(theirs), text(own));
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
  if (other.tuning.rank != context.job.tuning.rank && !factor_pairs(context).empty()) {
    refuse_value(folder, "tuning.rank", std::to_string(other.tuning.rank),
                 std::to_string(context.job.tuning.rank));
  }
  const auto own = factor_pairs(context), factors = factor_pairs(theirs);
  const bool same = std::equal(own.begin(), own.end(), factors.begin(), factors.end(),
                               [](const FactorPair& a, const FactorPair& b) {
                                 return a.left == b.left && a.scale == b.scale;
                               });
  if (!same) {
    const auto of = [](const Job& job) {
      return fmt::format("rank {}, alpha {:g}, rslora {}", job.tuning.rank, job.tuning.alpha,
                         job.tuning.rslora);
    };
    refuse(
        fmt::format("scale or choice of factors ({}, its targets and blocks; here {}): set "
                    "tuning.rank, tuning.alpha and the others as there",
                    of(other), of(context.job)));
  }
  check_pool(context, other, folder);
  check_frozen_matrices(context, other, folder);
  check_offset_scale(context, theirs, folder);
  check_label_order(context, other, folder);
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
  check_trainable(start, folder);
  check_same_meaning(context, start.job, folder);
  return std::move(start.state);
}

}  // namespace cleave
