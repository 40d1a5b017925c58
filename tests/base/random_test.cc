// Random streams: pure, distinct, unbiased, and the same numbers on every platform.
#include "common/base/random.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "common/base/hash.h"

namespace cleave {
namespace {

using Numbers = std::vector<std::uint64_t>;

Numbers numbers(Stream stream, std::uint64_t bound, int count) {
  Numbers out;
  for (int i = 0; i < count; ++i) out.push_back(stream.below(bound));
  return out;
}

TEST(Random, TheGeneratorIsTheStandardsSeededByTheHashOfItsName) {
  const Digest digest = sha256("7/purpose/3/client-05");
  std::vector<std::uint32_t> words(8);
  for (std::size_t i = 0; i < 32; ++i) words[i / 4] |= std::uint32_t{digest[i]} << (8 * (i % 4));
  std::seed_seq sequence(words.begin(), words.end());
  std::mt19937_64 standard(sequence);
  Stream ours(7, "purpose", 3, "client-05");
  for (int i = 0; i < 100; ++i) {
    EXPECT_DOUBLE_EQ(ours.uniform(), static_cast<double>(standard()) * std::ldexp(1.0, -64));
  }
}

TEST(Random, KnownAnswersStayTheSame) {
  EXPECT_EQ(numbers(Stream(1, "test"), 1000, 6), (Numbers{555, 473, 787, 199, 791, 687}));
  EXPECT_EQ(numbers(Stream(1, "test", 2, "client-03"), 1'000'000'007, 3),
            (Numbers{787104717, 130738677, 298867476}));
  Stream stream(1, "test");
  EXPECT_DOUBLE_EQ(stream.uniform(), 0.55564494690182509);
  EXPECT_DOUBLE_EQ(stream.normal(), 0.66228135680625433);
  EXPECT_DOUBLE_EQ(stream.log_gamma(0.1), -11.758090081472847);
  EXPECT_DOUBLE_EQ(stream.log_gamma(2.5), 0.67161224506864092);
  std::vector<int> items = {0, 1, 2, 3, 4, 5, 6, 7};
  stream.shuffle(items);
  EXPECT_EQ(items, (std::vector<int>{7, 2, 3, 0, 5, 6, 4, 1}));
}

TEST(Random, EveryArgumentMakesAnotherStream) {
  const Numbers base = numbers(Stream(1, "a", 1, "x"), 1'000'000, 8);
  EXPECT_EQ(numbers(Stream(1, "a", 1, "x"), 1'000'000, 8), base);
  EXPECT_NE(numbers(Stream(2, "a", 1, "x"), 1'000'000, 8), base);
  EXPECT_NE(numbers(Stream(1, "b", 1, "x"), 1'000'000, 8), base);
  EXPECT_NE(numbers(Stream(1, "a", 2, "x"), 1'000'000, 8), base);
  EXPECT_NE(numbers(Stream(1, "a", 1, "y"), 1'000'000, 8), base);
}

RC_GTEST_PROP(Random, DrawsStayInTheirRange, (std::uint64_t seed)) {
  Stream stream(seed, "range");
  const std::uint64_t bound = *rc::gen::suchThat<std::uint64_t>([](auto b) { return b > 0; });
  for (int i = 0; i < 20; ++i) {
    RC_ASSERT(stream.below(bound) < bound);
    const double u = stream.uniform();
    RC_ASSERT(u >= 0 && u < 1);
    RC_ASSERT(std::isfinite(stream.normal()));
  }
  RC_ASSERT(stream.below(1) == 0u);
}

TEST(Random, BelowFavoursNoValue) {
  Stream stream(1, "unbiased");
  constexpr int kDraws = 100'000;
  std::vector<int> counts(10);
  for (int i = 0; i < kDraws; ++i) ++counts[stream.below(10)];
  double chi_squared = 0;
  for (const int n : counts) chi_squared += (n - 10'000.0) * (n - 10'000.0) / 10'000.0;
  EXPECT_LT(chi_squared, 27.9);  // 9 degrees of freedom, p = 0.001
}

// A remainder of 64 random bits would hit the first third twice as often.
TEST(Random, BelowHasNoRemainderBiasAtHugeBounds) {
  Stream stream(1, "unbiased");
  const std::uint64_t third = std::uint64_t{1} << 62;
  int first = 0;
  for (int i = 0; i < 30'000; ++i) first += stream.below(3 * third) < third;
  EXPECT_NEAR(first, 10'000, 4 * std::sqrt(30'000 * 2.0 / 9));
}

TEST(Random, GammaDrawsHaveTheirMeanAndStayFiniteWhereTheyUnderflow) {
  for (const double alpha : {0.1, 0.5, 1.0, 3.0, 50.0}) {
    Stream stream(1, "gamma");
    constexpr int kDraws = 20'000;
    double sum = 0;
    for (int i = 0; i < kDraws; ++i) sum += std::exp(stream.log_gamma(alpha));
    EXPECT_NEAR(sum / kDraws, alpha, 5 * std::sqrt(alpha / kDraws)) << alpha;
  }
  Stream stream(1, "gamma");
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(std::isfinite(stream.log_gamma(0.001)));
}

TEST(Random, NormalDrawsHaveMeanZeroAndVarianceOne) {
  Stream stream(1, "normal");
  constexpr int kDraws = 20'000;
  double sum = 0, squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = stream.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0, 5 / std::sqrt(kDraws));
  EXPECT_NEAR(squares / kDraws, 1, 5 * std::sqrt(2.0 / kDraws));
}

RC_GTEST_PROP(Random, AShuffleIsAPermutation, (std::vector<int> items, std::uint64_t seed)) {
  std::vector<int> shuffled = items;
  Stream(seed, "shuffle").shuffle(shuffled);
  std::sort(items.begin(), items.end());
  std::sort(shuffled.begin(), shuffled.end());
  RC_ASSERT(items == shuffled);
}

TEST(Random, AShuffleMakesEveryOrderEquallyOften) {
  Stream stream(1, "shuffle");
  std::map<std::vector<int>, int> counts;
  for (int i = 0; i < 6000; ++i) {
    std::vector<int> items = {0, 1, 2};
    stream.shuffle(items);
    ++counts[items];
  }
  ASSERT_EQ(counts.size(), 6u);
  for (const auto& [order, n] : counts) EXPECT_NEAR(n, 1000, 4 * std::sqrt(6000 * 5.0 / 36));
}

}  // namespace
}  // namespace cleave
