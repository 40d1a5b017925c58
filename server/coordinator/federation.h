// What the coordinator asks of its members each round: to train, and to evaluate. It never receives
// activations.
//
// Not thread-safe: use from the I/O thread; averaging runs on the lane. Memory bound:
// Aggregation's, and one update per participant, or per turn, in transit.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/base/lane.h"
#include "common/config/job.h"
#include "common/exchange/parts.h"
#include "common/tuning/factors.h"
#include "common/tuning/state.h"
#include "server/body/body_copies.h"
#include "server/body/slots.h"
#include "server/coordinator/aggregation/registry.h"
#include "server/coordinator/claims.h"
#include "server/coordinator/members.h"
#include "server/coordinator/record.h"

namespace cleave {

// What clients of a job are held to. The job must outlive it.
JobClaims job_claims(const JobParts& parts, const Job& job);

class Federation {
 public:
  // Without a deadline, as in simulations, no result depends on how fast the machine is.
  // `copies` of the body are lent to participants; null where the body runs in another process.
  // Errors: DataError when federation.aggregation merges factors and the method has none.
  Federation(Members& members, const Job& job, const JobParts& parts, BodyCopies* copies,
             Lane& lane, std::optional<std::chrono::milliseconds> round_deadline);

  // Where participants share this process's memory: whoever is asked waits for a turn and keeps it
  // until its answer is taken, so that memory does not grow with the participants. `turns` must
  // outlive it.
  void take_turns(Slots& turns) { turns_ = &turns; }

  // Picks participants, trains, averages: returns the average. Clients that fail are named in the
  // record and forgotten. Errors: UnavailableError with fewer than min_clients updates.
  asio::awaitable<State> run_round(std::uint32_t round, const State& global, RoundRecord& record);

  // The server optimiser's step from `global` along that average; its memory goes forward too.
  // Errors: server_step's.
  asio::awaitable<State> step(const State& global, const State& average, State& memory);

  // Sends `state` to whoever evaluates and collects counts; empty when nobody can.
  asio::awaitable<Evaluation> evaluate(std::uint32_t round, EvalSet set, const State& state,
                                       RoundRecord& record);

  const JobClaims& claims() const { return claims_; }

 private:
  struct Average;
  class Loan;
  // What asking one member came to: its answer, or why there is none.
  template <class T>
  struct Outcome {
    MemberPtr member;
    std::optional<T> answer;
    std::string failure;
    bool gone = false;  // the member, and not only its answer, is lost
  };

  asio::awaitable<Slots::Held> turn();
  void check_against_body(Member& member, const BodyWork& stated, BodyWork BodyWitness::Seen::*what,
                          BodyWork& accounted, const Ledger& ledger, Kind kind,
                          const std::vector<BatchShape>& batches) const;
  asio::awaitable<Participant> train_one(MemberPtr member, std::uint32_t round, const State& global,
                                         Average& average);
  asio::awaitable<Evaluation::PerClient> evaluate_one(MemberPtr member, std::uint32_t round,
                                                      EvalSet set, const State& state);
  template <class T>
  asio::awaitable<Outcome<T>> attempt(MemberPtr member, asio::awaitable<T> task);
  template <class T>
  std::vector<T> settle(std::vector<Outcome<T>> outcomes, RoundRecord& record);
  template <class Ask>
  auto ask_all(std::vector<MemberPtr> asked, RoundRecord& record, Ask ask)
      -> asio::awaitable<std::vector<typename decltype(ask(asked[0]))::value_type>>;
  asio::steady_timer start_deadline(std::vector<MemberPtr> asked);

  Members& members_;
  const Job& job_;
  const JobParts& parts_;
  BodyCopies* copies_;          // null where there is nothing to lend
  const BodyWitness* witness_;  // null where the body is another process
  JobClaims claims_;
  Lane& lane_;
  Slots* turns_ = nullptr;
  std::optional<std::chrono::milliseconds> round_deadline_;
  const AggregationRule& rule_;
  std::vector<FactorPair> pairs_;
};

}  // namespace cleave
