// Random streams that are a function of (seed, purpose, round, client) and of nothing else: there
// is no global generator, and no stream depends on the order in which others are drawn.
#pragma once

#include <boost/random/mersenne_twister.hpp>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace cleave {

// Same arguments, same numbers, on every platform. Not thread-safe; make one per use.
class Stream {
 public:
  explicit Stream(std::uint64_t seed, std::string_view purpose, std::uint64_t round = 0,
                  std::string_view client = "");

  // Uniform in [0, bound); bound >= 1.
  std::uint64_t below(std::uint64_t bound);
  // Uniform in [0, 1).
  double uniform();
  double normal();
  // The logarithm of a Gamma(alpha, 1) draw. In log space because at small alpha the draw itself
  // underflows to zero (spec pruning_and_data.md 5).
  double log_gamma(double alpha);

  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  boost::random::mt19937_64 engine_;
};

}  // namespace cleave
