// What happened in a round, as values and as the journal's JSON. The journal is the single source
// for summaries and for the closed form's check: nothing is kept only in memory.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/cost/trace.h"
#include "common/tuning/method.h"
#include "common/wire/control.h"
#include "server/coordinator/aggregation/norm_bound.h"

namespace cleave {

struct Participant {
  std::string client;
  Report report;
  Ledger traffic;  // the client's both links during this round, as it counted them
};

struct LostClient {
  std::string client;
  std::string reason;
};

struct Evaluation {
  struct PerClient {
    std::string client;
    EvalReport report;
    Ledger traffic;
  };
  std::vector<PerClient> clients;
  std::optional<std::uint64_t> tokens;  // that a language model predicted; none: classification
};

struct RoundRecord {
  std::uint32_t round = 0;
  std::vector<Participant> participants;
  std::vector<LostClient> lost;
  std::vector<ShortenedUpdate> shortened;  // by federation.max_norm
  std::optional<Evaluation> dev;
};

using Json = nlohmann::ordered_json;

// One line of rounds.jsonl. `label_counts` holds the clients' label histograms by id, for the
// per-client accuracies where one evaluator stands for all.
Json round_json(const RoundRecord& record,
                const std::map<std::string, std::vector<std::uint64_t>>& label_counts);

// Of a language model: all tokens of a text but the first (objective.h, later_tokens).
std::uint64_t predicted_tokens(const Work& work, const RowsPlan& plan);

// What one evaluation says: accuracy, macro F1, negative log-likelihood, predicted histogram,
// confusion counts, and accuracy per client (mean, worst, tenth percentile); of a language model
// tokens, their mean negative log-likelihood and the perplexity.
Json evaluation_json(const Evaluation& evaluation,
                     const std::map<std::string, std::vector<std::uint64_t>>& label_counts);

// The traffic that a journal line states, and the trace that it describes.
Cost traffic_of(const Json& line);
RoundTrace trace_of(const Json& line);

// Adds what one journal line or evaluation states to a sum by kind and direction.
Json traffic_json(const Cost& cost);

}  // namespace cleave
