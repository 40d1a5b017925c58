// Federated averaging: the weighted mean of updates, bitwise independent of the order in which they
// arrive; a single update passes through unchanged.
//
// Sums are kept in fixed point (128-bit integers in units of 2^-80), where addition is associative.
// Each weighted value is rounded to that unit once, so a result is within 1 ulp of the exact mean
// for values above 1e-16. Memory bound: 16 bytes a number and one update, however many clients.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/tuning/state.h"

namespace cleave {

class FedAvg {
 public:
  explicit FedAvg(State form) : form_(std::move(form)) {}

  // Order of calls: add any number of times, then finish once.
  // Errors: DataError for an update that is empty (weight 0), not finite, above 2^15 in magnitude
  // or of another form; the average is then as if it had not been added.
  void add(const State& update, std::uint64_t weight);
  // The same errors, and nothing added.
  void check(const State& update, std::uint64_t weight) const;
  std::size_t count() const { return count_; }
  State finish() const;  // count() >= 1

 private:
  void accumulate(const State& update, std::uint64_t weight);

  State form_;
  std::optional<State> only_;
  std::vector<__int128> sums_;
  std::uint64_t total_weight_ = 0;
  std::size_t count_ = 0;
};

}  // namespace cleave
