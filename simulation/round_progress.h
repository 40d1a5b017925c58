// How far the round in flight is: samples that have been through the model, of those that its
// participants and its evaluation will send through. It counts passes, not their cost: scoring a
// sample counts as much as training on it. Not thread-safe: use from the I/O thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/config/job.h"

namespace cleave {

class RoundProgress {
 public:
  using Tell = std::function<void(std::uint32_t round, double share)>;  // share: from 0 to 1

  // `ids` ascending, with each client's samples; `dev` samples are evaluated. `tell` is called
  // after every batch.
  RoundProgress(const Job& job, std::vector<std::string> ids, std::vector<std::uint64_t> samples,
                std::uint64_t dev, Tell tell);

  void begin(std::uint32_t round);
  void worked(std::uint64_t samples);

 private:
  const Job& job_;
  std::vector<std::string> ids_;
  std::vector<std::uint64_t> samples_;
  std::uint64_t dev_;
  Tell tell_;
  std::uint32_t round_ = 0;
  double expected_ = 0, done_ = 0;
};

// Samples that a client with `samples` sends through its model in this round: scored, bypassed and
// in split steps.
double passes_of_round(const Job& job, std::uint32_t round, std::uint64_t samples);

}  // namespace cleave
