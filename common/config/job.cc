#include "common/config/job.h"

#include <charconv>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/config/preset.h"
#include "common/config/toml_reader.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxJobBytes = 1 << 20;

// What clients must not or need not know: where things lie on the server's disk.
const std::vector<std::string_view> kPrivate = {"name",      "model.path", "data.train", "data.dev",
                                                "data.test", "run.",       "server."};

constexpr const char* kGivenState = "state:given";

// The preset is named by the last --set that names one, else by the file.
std::string preset_name(std::string_view text, const std::string& file,
                        const std::vector<std::string>& settings) {
  std::string name = peek_string(text, file, "preset");
  for (const std::string& setting : settings) {
    if (setting.rfind("preset=", 0) != 0) continue;
    Job named;
    apply_setting(setting, bind(named));
    name = named.preset;
  }
  return name;
}

void check_aggregation(const Job& job) {
  const auto& f = job.federation;
  for (const std::int64_t rank : participant_ranks(job)) {
    if (rank >= 1 && rank <= job.tuning.rank) continue;
    throw DataError("federation.ranks: " + std::to_string(rank) +
                    " is not from 1 to tuning.rank = " + std::to_string(job.tuning.rank));
  }
  if (!f.ranks.empty() && f.aggregation != "product_svd" && f.aggregation != "stacking") {
    throw DataError(
        "federation.ranks: factors of mixed ranks have no mean, which "
        "federation.aggregation = \"" +
        f.aggregation + "\" takes; use \"product_svd\" or \"stacking\"");
  }
  if (f.max_norm > 0 && !f.ranks.empty()) {
    throw DataError(
        "federation.max_norm compares updates of one length, and federation.ranks gives clients "
        "others; remove one of them");
  }
  if (f.server_optimizer == "none") return;
  if (f.aggregation != "product_svd" && !adds_to_base(f.aggregation)) return;
  throw DataError("federation.aggregation = \"" + f.aggregation +
                  "\" cannot go with federation.server_optimizer = \"" + f.server_optimizer +
                  "\": the rule " +
                  (f.aggregation == "product_svd" ? "turns the factors"
                                                  : "moves the factors' change into the base") +
                  ", so that their difference to the last round's is no direction; use "
                  "\"factor_mean\" or \"freeze_a\", or no server optimiser");
}

}  // namespace

std::vector<std::int64_t> participant_ranks(const Job& job) {
  std::vector<std::int64_t> ranks;
  for (const std::string& text : job.federation.ranks) {
    std::int64_t rank = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rank);
    if (error != std::errc() || end != text.data() + text.size()) {
      throw DataError("federation.ranks: \"" + text + "\" is no number");
    }
    ranks.push_back(rank);
  }
  return ranks;
}

bool adds_to_base(const std::string& aggregation) {
  return aggregation == "stacking" || aggregation == "residual";
}

LoadedJob parse_job(std::string_view text, const std::string& file, const fs::path& folder,
                    const std::vector<std::string>& settings) {
  LoadedJob loaded;
  const std::vector<Key> keys = bind(loaded.job);
  const std::string preset = preset_name(text, file, settings);
  if (!preset.empty()) loaded.notes = apply_preset(preset, keys);
  loaded.set = apply_toml(text, file, folder, keys);
  for (const std::string& setting : settings) {
    apply_setting(setting, keys);
    loaded.set.push_back(setting.substr(0, setting.find('=')));
  }
  try {
    check_job(loaded.job);
  } catch (const DataError& error) {
    throw DataError(file + ": " + error.what());
  }
  return loaded;
}

LoadedJob load_job(const fs::path& file, const std::vector<std::string>& settings) {
  const std::string text = read_file(file, kMaxJobBytes);
  return parse_job(text, file.string(), fs::absolute(file).parent_path(), settings);
}

void check_job(const Job& job) {
  const auto& f = job.federation;
  check_aggregation(job);
  if (f.min_clients > f.per_round) {
    throw DataError("federation.min_clients = " + std::to_string(f.min_clients) +
                    " is above federation.per_round = " + std::to_string(f.per_round));
  }
  const bool bypass =
      job.phases.bypass_epochs > 0 || (job.phases.keep < 1 && job.phases.score != "random");
  if (bypass && job.cut.head == 0 && job.cut.tail == 0 &&
      (job.cut.pool == "cls" || job.cut.pool == "pooler")) {
    throw DataError(
        "cut.head = 0, cut.tail = 0 and cut.pool = \"" + job.cut.pool +
        "\" cannot go with the bypass (EL2N scores "
        "or bypass_epochs): head and tail then mix no rows, so every sample gives the same logits; "
        "use cut.pool = \"mean\", or at least one block in head or tail");
  }
  if (job.optimizer.momentum > 0 && job.optimizer.name != "sgd") {
    throw DataError("optimizer.momentum is sgd's: " + job.optimizer.name +
                    " has none; leave it out, or set optimizer.name = \"sgd\"");
  }
  if (job.phases.keep == 0) throw DataError("phases.keep = 0 keeps nothing; expected above 0 to 1");
  const auto& d = job.deadlines;
  if (!(d.connect <= d.silence && d.silence <= d.round)) {
    throw DataError("deadlines must satisfy connect <= silence <= round, found " +
                    std::to_string(d.connect) + ", " + std::to_string(d.silence) + ", " +
                    std::to_string(d.round));
  }
}

std::string job_toml(const Job& job) {
  Job copy = job;
  return to_toml(bind(copy));
}

std::string shared_job_toml(const Job& job) {
  Job copy = job;
  // Clients get the state itself and need not know where it lies.
  if (copy.tuning.init.rfind("state:", 0) == 0) copy.tuning.init = kGivenState;
  return to_toml(bind(copy), kPrivate);
}

Digest job_hash(const std::string& shared_job) { return sha256(shared_job); }

Job parse_shared_job(std::string_view text) {
  Job job;
  for (const std::string& name : apply_toml(text, "the server's job", ".", bind(job))) {
    if (!is_listed(name, kPrivate)) continue;
    throw DataError("the server's job sets " + name + ", which is no server's to set for a client");
  }
  // Whatever it names, no file here is meant: the state itself comes from the server.
  if (job.tuning.init.rfind("state:", 0) == 0) job.tuning.init = kGivenState;
  check_job(job);
  return job;
}

std::uint64_t seed_of(const Job& job, Seed purpose) {
  std::int64_t own = -1;
  switch (purpose) {
    case Seed::kPartition:
      own = job.seeds.partition;
      break;
    case Seed::kSampling:
      own = job.seeds.sampling;
      break;
    case Seed::kInit:
      own = job.seeds.init;
      break;
    case Seed::kBatches:
      own = job.seeds.batches;
      break;
  }
  return static_cast<std::uint64_t>(own < 0 ? job.seed : own);
}

}  // namespace cleave
