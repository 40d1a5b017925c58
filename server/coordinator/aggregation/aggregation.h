// A round's new state from its updates: factor pairs by the job's rule, all other entries by
// FedAvg. Bitwise independent of the order of arrival. A single update goes the same way: its rank
// may be lower than the state's. Not thread-safe.
//
// Memory bound: FedAvg's, and under a rule that merges pairs also every participant's factors in
// fp32 until finish, which then holds one pair's of all participants in fp64. With a bound on norms
// every participant's whole update waits until finish, since nobody's median is known before.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/tuning/factors.h"
#include "common/tuning/state.h"
#include "server/coordinator/aggregation/norm_bound.h"
#include "server/coordinator/aggregation/registry.h"
#include "server/coordinator/fedavg.h"

namespace cleave {

class Aggregation {
 public:
  // `global` is what the round began with. Pairs name entries of it, none of them twice.
  // `max_norm`: norm_bound.h's factor; 0: no bound.
  Aggregation(State global, const AggregationRule& rule, std::vector<FactorPair> pairs,
              double max_norm = 0);

  // `client` names the update's sender, once a round.
  // Errors: DataError for what FedAvg or the rule refuses; it is then as if it had not been added.
  void add(const std::string& client, const State& update, std::uint64_t weight);
  std::size_t count() const { return mean_.count() + waiting_.size(); }
  State finish();  // once; count() >= 1
  // What the bound on norms struck, by client; after finish.
  const std::vector<ShortenedUpdate>& shortened_updates() const { return shortened_; }

 private:
  struct Update {
    std::vector<Factors> factors;  // in the order of pairs_
    double weight;
  };
  struct Waiting {
    State update;
    std::uint64_t weight;
  };
  void check(const std::vector<Factors>& factors) const;
  void take(const std::string& client, const State& update, std::uint64_t weight);
  void bound_norms();
  std::vector<Factors> factors_of(const State& state) const;
  FactorUpdates updates_of(std::size_t pair) const;

  const AggregationRule& rule_;
  std::vector<FactorPair> pairs_;
  std::vector<Factors> global_;
  FedAvg mean_;
  std::map<std::string, Update> updates_;  // by client: the order of reduction
  double max_norm_;
  State start_;                             // of the round, where norms are bounded
  std::map<std::string, Waiting> waiting_;  // likewise
  std::vector<ShortenedUpdate> shortened_;
};

}  // namespace cleave
