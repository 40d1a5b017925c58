// Partitions as pure functions: what holds for every number of samples, clients and classes.
#include "common/data/partition.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/support/refusal.h"

namespace cleave {
namespace {

using testing::refusal;
using Labels = std::vector<std::int32_t>;
using Lists = std::vector<std::vector<std::uint32_t>>;
using Deal = Partition (*)(std::span<const std::int32_t>, const PartitionOptions&);

struct Named {
  const char* name;
  Deal deal;
};
const Named kAll[] = {{"iid", partition_iid},
                      {"dirichlet", partition_dirichlet},
                      {"quantity", partition_quantity},
                      {"pathological", partition_pathological}};

Labels balanced(std::size_t samples, std::int32_t classes) {
  Labels labels(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    labels[i] = static_cast<std::int32_t>(i) % classes;
  }
  return labels;
}

// Every position once, no client empty, lists ascending.
bool deals_everything_once(const Partition& partition, std::size_t samples) {
  std::set<std::uint32_t> seen;
  std::size_t count = 0;
  for (const auto& list : partition.clients) {
    if (list.empty() || !std::is_sorted(list.begin(), list.end())) return false;
    seen.insert(list.begin(), list.end());
    count += list.size();
  }
  return count == samples && seen.size() == samples && *seen.rbegin() == samples - 1;
}

RC_GTEST_PROP(Partition, EveryKindDealsEverythingOnceWithinItsBounds, ()) {
  const auto clients = *rc::gen::inRange<std::uint32_t>(1, 13);
  const auto min_size = *rc::gen::inRange<std::uint32_t>(1, 6);
  const auto shards = *rc::gen::inRange<std::uint32_t>(1, 4);
  const std::size_t least = clients * std::max(min_size, shards);
  const auto samples = *rc::gen::inRange<std::size_t>(least, least + 120);
  const auto classes = *rc::gen::inRange<std::int32_t>(1, 8);
  const Labels labels = *rc::gen::container<Labels>(samples, rc::gen::inRange(0, classes));
  const PartitionOptions options{*rc::gen::arbitrary<std::uint64_t>(), clients,
                                 *rc::gen::element(0.001, 0.01, 0.1, 0.5, 1.0, 30.0, 1e6), shards,
                                 min_size};
  for (const Named& kind : kAll) {
    RC_LOG() << kind.name << std::endl;
    const Partition partition = kind.deal(labels, options);
    RC_ASSERT(partition.clients.size() == clients);
    RC_ASSERT(deals_everything_once(partition, samples));
    RC_ASSERT(partition.redraws <= 100u);
    const double skew = label_skew(partition, labels);
    RC_ASSERT(skew >= 0 && skew < 1);
    RC_ASSERT(kind.deal(labels, options).clients == partition.clients);
    const bool sized = kind.deal == partition_dirichlet || kind.deal == partition_quantity;
    for (const auto& list : partition.clients) RC_ASSERT(list.size() >= (sized ? min_size : 1u));
  }
}

TEST(Partition, AnotherSeedDealsOtherwise) {
  const Labels labels = balanced(400, 4);
  for (const Named& kind : kAll) {
    EXPECT_NE(kind.deal(labels, {1, 4, 0.5, 2, 1}).clients,
              kind.deal(labels, {2, 4, 0.5, 2, 1}).clients)
        << kind.name;
  }
}

TEST(Partition, OneClientGetsEverythingInOrder) {
  const Labels labels = balanced(50, 3);
  std::vector<std::uint32_t> all(50);
  for (std::uint32_t i = 0; i < 50; ++i) all[i] = i;
  for (const Named& kind : kAll) {
    EXPECT_EQ(kind.deal(labels, {1, 1, 0.5, 2, 16}).clients, Lists{all}) << kind.name;
  }
}

TEST(Partition, IidPartsDifferByAtMostOne) {
  const Partition partition = partition_iid(balanced(103, 2), {5, 10});
  for (const auto& list : partition.clients) {
    EXPECT_TRUE(list.size() == 10 || list.size() == 11) << list.size();
  }
}

TEST(Partition, AHugeAlphaIsNearlyIid) {
  const Labels labels = balanced(10'000, 10);
  EXPECT_LT(label_skew(partition_dirichlet(labels, {1, 10, 1e6}), labels), 0.05);
}

TEST(Partition, ATinyAlphaLeavesMostClientsOneClassAndNoNan) {
  const Labels labels = balanced(10'000, 10);
  const Partition partition = partition_dirichlet(labels, {1, 10, 0.01, 2, 1});
  EXPECT_TRUE(deals_everything_once(partition, labels.size()));
  int dominated = 0;
  for (const auto& list : partition.clients) {
    std::vector<std::size_t> counts(10);
    for (const std::uint32_t i : list) ++counts[static_cast<std::size_t>(labels[i])];
    const std::size_t most = *std::max_element(counts.begin(), counts.end());
    dominated += 2 * most > list.size();
  }
  EXPECT_GT(dominated, 5);
  EXPECT_TRUE(std::isfinite(label_skew(partition, labels)));
}

// At these the draws overflow or underflow even in log space.
TEST(Partition, AbsurdAlphasStillGiveSharesOfOne) {
  const Labels labels = balanced(1000, 2);
  EXPECT_LT(label_skew(partition_dirichlet(labels, {1, 5, 1e300, 2, 1}), labels), 0.05);
  for (const double alpha : {5e-324, 1e-300, 1.7e308}) {
    const Partition partition = partition_quantity(labels, {1, 5, alpha, 2, 1});
    EXPECT_TRUE(deals_everything_once(partition, labels.size())) << alpha;
  }
}

TEST(Partition, TheVarianceOfADirichletShareIsTheDistributions) {
  const Labels labels(1000, 0);
  for (const auto& [alpha, variance] : {std::pair{0.1, 0.045}, {1.0, 0.00818}}) {
    double sum = 0, squares = 0;
    int n = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
      for (const auto& list : partition_dirichlet(labels, {seed, 10, alpha, 2, 1}).clients) {
        const double share = static_cast<double>(list.size()) / 1000;
        sum += share;
        squares += share * share;
        ++n;
      }
    }
    const double mean = sum / n;
    EXPECT_NEAR(squares / n - mean * mean, variance, 0.1 * variance) << alpha;
  }
}

TEST(Partition, WhenNoDrawIsLargeEnoughItIsRepairedAndSaysSo) {
  const Labels labels = balanced(160, 2);
  const Partition partition = partition_dirichlet(labels, {1, 10, 0.01, 2, 16});
  EXPECT_TRUE(partition.repaired);
  EXPECT_EQ(partition.redraws, 100u);
  EXPECT_TRUE(deals_everything_once(partition, labels.size()));
  for (const auto& list : partition.clients) EXPECT_EQ(list.size(), 16u);
}

TEST(Partition, PathologicalClientsHoldFewClasses) {
  const Labels labels = balanced(1000, 10);
  for (const auto& list : partition_pathological(labels, {3, 10, 0.5, 2}).clients) {
    std::set<std::int32_t> classes;
    for (const std::uint32_t i : list) classes.insert(labels[i]);
    EXPECT_LE(classes.size(), 4u) << "two shards, each of which may straddle two classes";
  }
}

TEST(Partition, AClassWithOneSampleGoesToOneClient) {
  Labels labels = balanced(200, 2);
  labels.push_back(2);
  for (const Named& kind : kAll) {
    EXPECT_TRUE(deals_everything_once(kind.deal(labels, {1, 5, 0.5, 2, 4}), 201)) << kind.name;
  }
}

TEST(Partition, TooFewSamplesAreRefusedWithBothNumbers) {
  const Labels labels = balanced(9, 2);
  for (const Named& kind : kAll) {
    const std::string why = refusal([&] { kind.deal(labels, {1, 10, 0.5, 1, 1}); });
    EXPECT_NE(why.find("9 samples"), std::string::npos) << kind.name << ": " << why;
    EXPECT_NE(why.find("10 clients"), std::string::npos) << kind.name << ": " << why;
  }
  for (const Deal deal : {partition_dirichlet, partition_quantity}) {
    const std::string why = refusal([&] { deal(labels, {1, 2, 0.5, 1, 5}); });
    EXPECT_NE(why.find("9 samples"), std::string::npos) << why;
    EXPECT_NE(why.find("at least 5 each"), std::string::npos) << why;
  }
  EXPECT_THROW(partition_iid({}, {1, 1}), DataError);
  EXPECT_THROW(partition_iid(labels, {1, 0}), DataError);
}

TEST(Partition, ABootstrapDealsAnyNumberOfClientsFromFewSamples) {
  const Labels labels = balanced(9, 3);
  const Partition partition = partition_bootstrap(labels, {1, 2000, 0.5, 2, 5});
  ASSERT_EQ(partition.clients.size(), 2000u);
  std::vector<double> drawn(9);
  for (const auto& list : partition.clients) {
    ASSERT_EQ(list.size(), 5u);
    EXPECT_TRUE(std::is_sorted(list.begin(), list.end()));
    for (const std::uint32_t i : list) ++drawn.at(i);
  }
  // 10,000 draws of nine: binomial, five standard deviations.
  for (const double n : drawn) EXPECT_NEAR(n, 10'000 / 9.0, 5 * std::sqrt(10'000.0 * 8 / 81));
}

TEST(Partition, ABootstrapsClientStaysAsItIsWhenMoreJoin) {
  const Labels labels = balanced(50, 2);
  Lists few = partition_bootstrap(labels, {3, 4, 0.5, 2, 8}).clients;
  Lists many = partition_bootstrap(labels, {3, 9, 0.5, 2, 8}).clients;
  EXPECT_NE(many, partition_bootstrap(labels, {4, 9, 0.5, 2, 8}).clients);
  EXPECT_NE(many[0], many[1]);
  many.resize(4);
  EXPECT_EQ(few, many);
}

TEST(Partition, ABootstrapOfNothingOrOfTooMuchIsRefused) {
  const Labels labels = balanced(50, 2);
  EXPECT_THROW(partition_bootstrap({}, {1, 4}), DataError);
  EXPECT_THROW(partition_bootstrap(labels, {1, 0}), DataError);
  const std::string why = refusal([&] {
    partition_bootstrap(labels, {1, 1'000'000'000, 0.5, 2, 16});
  });
  EXPECT_NE(why.find("federation.clients"), std::string::npos) << why;
}

TEST(Partition, GroupsBecomeClientsInTheOrderOfTheirNames) {
  const std::vector<std::string> groups = {"b", "a", "b", "c", "a"};
  EXPECT_EQ(partition_groups(groups).clients, (Lists{{1, 4}, {0, 2}, {3}}));
}

TEST(Partition, AFilesPartitionIsCheckedAgainstTheData) {
  EXPECT_EQ(checked_partition({{2, 0}, {1}}, 3).clients, (Lists{{0, 2}, {1}}));
  const auto why = [](Lists clients) { return refusal([&] { checked_partition(clients, 3); }); };
  EXPECT_NE(why({{0, 1}, {}, {2}}).find("client 1 has no samples"), std::string::npos);
  EXPECT_NE(why({{0, 1}, {3}}).find("client 1 has position 3"), std::string::npos);
  EXPECT_NE(why({{0, 1}, {1, 2}}).find("client 1 has position 1, dealt already"),
            std::string::npos);
  EXPECT_NE(why({{0}, {2}}).find("deals 2 of 3 samples"), std::string::npos);
  EXPECT_NE(why({}).find("deals 0 of 3 samples"), std::string::npos);
}

TEST(Partition, SkewIsTheMeanTotalVariationDistance) {
  const Labels labels = {0, 0, 1, 1};
  EXPECT_DOUBLE_EQ(label_skew({{{0, 2}, {1, 3}}}, labels), 0);
  EXPECT_DOUBLE_EQ(label_skew({{{0, 1}, {2, 3}}}, labels), 0.5);
  EXPECT_DOUBLE_EQ(label_skew({{{0, 1, 2}, {3}}}, labels), (1.0 / 6 + 0.5) / 2);
}

TEST(Partition, TheTableHasALineAClientWithItsCounts) {
  const std::string table =
      partition_table({{{0, 1, 2}, {3}}, 7, true}, Labels{0, 0, 1, 1}, {"no", "yes"});
  EXPECT_EQ(table,
            "    client         no        yes        all\n"
            "         0          2          1          3\n"
            "         1          0          1          1\n"
            "label skew (mean total variation) 0.333, redraws 7, repaired to reach min_size\n");
}

}  // namespace
}  // namespace cleave
