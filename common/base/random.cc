#include "common/base/random.h"

#include <boost/random/gamma_distribution.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/seed_seq.hpp>
#include <boost/random/uniform_01.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>
#include <cstring>
#include <string>

#include "common/base/error.h"
#include "common/base/hash.h"

namespace cleave {

Stream::Stream(std::uint64_t seed, std::string_view purpose, std::uint64_t round,
               std::string_view client) {
  const std::string name = std::to_string(seed) + '/' + std::string(purpose) + '/' +
                           std::to_string(round) + '/' + std::string(client);
  const Digest digest = sha256(name);
  std::uint32_t words[8];
  for (int i = 0; i < 8; ++i) {
    words[i] = 0;
    for (int b = 0; b < 4; ++b) words[i] |= std::uint32_t{digest[4 * i + b]} << (8 * b);
  }
  boost::random::seed_seq sequence(words, words + 8);
  engine_.seed(sequence);
}

std::uint64_t Stream::below(std::uint64_t bound) {
  CLEAVE_CHECK(bound >= 1);
  return boost::random::uniform_int_distribution<std::uint64_t>(0, bound - 1)(engine_);
}

double Stream::uniform() { return boost::random::uniform_01<double>()(engine_); }

double Stream::normal() { return boost::random::normal_distribution<double>()(engine_); }

double Stream::log_gamma(double alpha) {
  CLEAVE_CHECK(alpha > 0);
  if (alpha >= 1) return std::log(boost::random::gamma_distribution<double>(alpha)(engine_));
  // Gamma(alpha) = Gamma(alpha + 1) * U^(1 / alpha).
  const double boosted = boost::random::gamma_distribution<double>(alpha + 1)(engine_);
  const double u = 1.0 - uniform();  // (0, 1]
  return std::log(boosted) + std::log(u) / alpha;
}

}  // namespace cleave
