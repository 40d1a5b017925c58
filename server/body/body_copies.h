// Which copy of the body each client trains: where a job tunes the body, every participant has its
// own during a round, and what is evaluated or predicted with is another. Without such tunables all
// share one. It averages nothing: the coordinator lends, collects and shows.
//
// Not thread-safe: use from the I/O thread; the models themselves compute on the lane. Memory
// bound: per participant the body's tunables four times, never the body.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "server/body/body_model.h"
#include "server/body/body_witness.h"

namespace cleave {

class BodyCopies {
 public:
  BodyCopies(const JobParts& parts, const Job& job);

  // Whether anything in the body is tuned; if not, the calls of a round are not needed.
  bool tuned() const { return tuned_; }
  // A copy that starts from the body's part of `whole`; computes, so on the lane.
  std::shared_ptr<BodyModel> make(const State& whole) const;

  // For the client's split steps of `round`, over `samples` samples: the schedule goes by them.
  void lend(const std::string& client, std::shared_ptr<BodyModel> copy, std::uint32_t round,
            std::uint64_t samples);
  // Forgets the client's copy; a step in flight keeps it alive.
  void take_back(const std::string& client);
  // What evaluations and predictions run through from now on.
  void show(std::shared_ptr<BodyModel> copy) { shown_ = std::move(copy); }

  // For the 0-based split step `step` of a round. Errors: ProtocolError when the client takes no
  // part in that round.
  std::shared_ptr<BodyModel> training(const std::string& client, std::uint32_t round,
                                      std::uint32_t step) const;
  std::shared_ptr<BodyModel> shown() const { return shown_; }

  // What the sessions that train them have seen.
  BodyWitness& witness() { return witness_; }

 private:
  struct Lent {
    std::shared_ptr<BodyModel> copy;
    std::uint32_t round;
    std::uint64_t samples;
  };

  const JobParts& parts_;
  const Job& job_;
  bool tuned_;
  std::shared_ptr<BodyModel> shown_;
  std::map<std::string, Lent> lent_;
  BodyWitness witness_;
};

}  // namespace cleave
