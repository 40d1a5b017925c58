// A round's updates through each rule: order, identity, refusals, and what is not a factor.
#include "server/coordinator/aggregation/aggregation.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/base/error.h"
#include "common/config/job.h"
#include "tests/server/factor_cases.h"
#include "tests/support/refusal.h"

namespace cleave {
namespace {

struct SentUpdate {
  std::string client;
  State state;
  std::uint64_t weight;
};

const std::vector<FactorPair> kPairs = {{"q.lora_B", "q.lora_A", 2, false, "q.base"},
                                        {"v.lora_B", "v.lora_A", 0.5, false, "v.base"}};

// All have the same right factors, so that freeze_a takes them too, unless `moved`.
State state_with_factors(std::uint64_t seed, bool moved = false) {
  Stream own(seed, "own"), shared(moved ? seed : 0, "shared");
  State state;
  for (const FactorPair& pair : kPairs) {
    state.add(pair.left, testing::normal_matrix(own, 6, 2).to(at::kFloat));
    state.add(pair.right, testing::normal_matrix(shared, 2, 8).to(at::kFloat));
    Stream base(7, pair.base_change);  // the round's, the same for all
    state.add(pair.base_change, testing::normal_matrix(base, 6, 8).to(at::kFloat));
  }
  state.add("tail", testing::normal_matrix(own, 1, 5).to(at::kFloat));
  return state;
}

std::vector<SentUpdate> sent_updates(bool moved = false) {
  return {{"c", state_with_factors(3, moved), 5},
          {"a", state_with_factors(1, moved), 20},
          {"b", state_with_factors(2, moved), 9}};
}

Aggregation aggregation_by(std::string_view rule) {
  return Aggregation(state_with_factors(0), aggregation_rule(rule), kPairs);
}

State aggregate(std::string_view rule, const std::vector<SentUpdate>& updates) {
  Aggregation out = aggregation_by(rule);
  for (const SentUpdate& u : updates) out.add(u.client, u.state, u.weight);
  return out.finish();
}

State fedavg_of(const std::vector<SentUpdate>& updates) {
  FedAvg mean(updates[0].state);
  for (const SentUpdate& u : updates) mean.add(u.state, u.weight);
  return mean.finish();
}

at::Tensor change_in(const State& state, const FactorPair& pair) {
  return testing::change({state.at(pair.left), state.at(pair.right), pair.scale});
}

at::Tensor exact_change(const std::vector<SentUpdate>& updates, const FactorPair& pair) {
  FactorUpdates out;
  for (const SentUpdate& u : updates) {
    out.push_back({{u.state.at(pair.left), u.state.at(pair.right), pair.scale},
                   static_cast<double>(u.weight)});
  }
  return testing::mean_change(out);
}

TEST(Aggregation, ByTheMeanIsFedAvgBitwise) {
  EXPECT_TRUE(equal(aggregate("mean", sent_updates(true)), fedavg_of(sent_updates(true))));
}

TEST(Aggregation, IsBitwiseTheSameInEveryOrderOfArrival) {
  for (const AggregationRule& rule : aggregation_rules()) {
    std::vector<SentUpdate> updates = sent_updates();
    std::vector<std::size_t> order = {0, 1, 2};
    const State expected = aggregate(rule.name, updates);
    do {
      std::vector<SentUpdate> shuffled;
      for (const std::size_t i : order) shuffled.push_back(updates[i]);
      ASSERT_TRUE(equal(aggregate(rule.name, shuffled), expected)) << rule.name;
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST(Aggregation, ASingleUpdateGivesItsOwnChangeWhateverTheRule) {
  const SentUpdate only = sent_updates()[0];
  for (const AggregationRule& rule : aggregation_rules()) {
    const State state = aggregate(rule.name, {only});
    EXPECT_TRUE(at::equal(state.at("tail"), only.state.at("tail"))) << rule.name;
    for (const FactorPair& pair : kPairs) {
      const at::Tensor gained = state.at(pair.base_change) - only.state.at(pair.base_change);
      const at::Tensor change = gained.to(at::kDouble) + change_in(state, pair);
      EXPECT_LT(testing::distance(change, change_in(only.state, pair)), 1e-5) << rule.name;
    }
  }
  for (const char* rule : {"mean", "factor_mean", "freeze_a"}) {
    EXPECT_TRUE(equal(aggregate(rule, {only}), only.state)) << rule;
  }
}

// What a client of a lower rank leaves at zero, others must be able to train.
TEST(Aggregation, ASingleUpdateOfALowerRankLeavesNoDirectionThatCannotLearn) {
  SentUpdate only = sent_updates()[0];
  for (const FactorPair& pair : kPairs) {
    only.state.at(pair.left).select(1, 1).zero_();
    only.state.at(pair.right).select(0, 1).zero_();
  }
  for (const char* rule : {"product_svd", "stacking"}) {
    const State state = aggregate(rule, {only});
    for (const FactorPair& pair : kPairs) {
      EXPECT_GT(state.at(pair.right).norm(2, 1).min().item<double>(), 0.1) << rule;
    }
  }
}

TEST(Aggregation, AveragesWhatIsNoFactorAsFedAvgDoes) {
  for (const AggregationRule& rule : aggregation_rules()) {
    const State merged = aggregate(rule.name, sent_updates());
    EXPECT_TRUE(at::equal(merged.at("tail"), fedavg_of(sent_updates()).at("tail"))) << rule.name;
  }
}

TEST(Aggregation, ByTheFactorMeanIsFedAvgToTheLastBit) {
  const State merged = aggregate("factor_mean", sent_updates(true));
  const State mean = fedavg_of(sent_updates(true));
  for (const auto& [name, tensor] : merged.tensors) {
    EXPECT_TRUE(at::allclose(tensor, mean.at(name), 1.2e-7, 0)) << name;
  }
}

TEST(Aggregation, WithOneRightFactorFreezeAAndTheProductsSvdAreExact) {
  for (const char* rule : {"freeze_a", "product_svd"}) {
    const State merged = aggregate(rule, sent_updates());
    for (const FactorPair& pair : kPairs) {
      const at::Tensor exact = exact_change(sent_updates(), pair);
      EXPECT_LT(testing::distance(change_in(merged, pair), exact),
                1e-6 * exact.norm().item<double>())
          << rule << " " << pair.left;
    }
  }
  EXPECT_TRUE(at::equal(aggregate("freeze_a", sent_updates()).at("q.lora_A"),
                        state_with_factors(0).at("q.lora_A")));
}

TEST(Aggregation, WhatRulesAddToTheBaseIsTheRestOfTheMeanChange) {
  const std::vector<SentUpdate> updates = sent_updates(/*moved=*/true);
  for (const char* rule : {"stacking", "residual"}) {
    const State state = aggregate(rule, updates);
    for (const FactorPair& pair : kPairs) {
      const at::Tensor gained = state.at(pair.base_change) - updates[0].state.at(pair.base_change);
      const at::Tensor change = gained.to(at::kDouble) + change_in(state, pair);
      EXPECT_LT(testing::distance(change, exact_change(updates, pair)), 1e-5) << rule;
    }
    if (rule[0] == 'r') continue;
    EXPECT_EQ(change_in(state, kPairs[0]).count_nonzero().item<int64_t>(), 0);
  }
}

TEST(Aggregation, TheProductsSvdIsNearerToTheMeanChangeThanFedAvg) {
  const State merged = aggregate("product_svd", sent_updates(true));
  const State mean = fedavg_of(sent_updates(true));
  for (const FactorPair& pair : kPairs) {
    const at::Tensor exact = exact_change(sent_updates(true), pair);
    EXPECT_LT(testing::distance(change_in(merged, pair), exact),
              0.9 * testing::distance(change_in(mean, pair), exact))
        << pair.left;
  }
}

TEST(Aggregation, ARefusedUpdateLeavesNoTrace) {
  for (const AggregationRule& rule : aggregation_rules()) {
    Aggregation out = aggregation_by(rule.name);
    const std::vector<SentUpdate> good = sent_updates();
    out.add(good[0].client, good[0].state, good[0].weight);
    State broken = state_with_factors(7);
    broken.at("q.lora_B")[0][0] = std::nanf("");
    EXPECT_THROW(out.add("broken", broken, 1), DataError) << rule.name;
    EXPECT_THROW(out.add("empty", state_with_factors(7), 0), DataError) << rule.name;
    out.add(good[1].client, good[1].state, good[1].weight);
    EXPECT_EQ(out.count(), 2u);
    EXPECT_TRUE(equal(out.finish(), aggregate(rule.name, {good[0], good[1]}))) << rule.name;
  }
}

TEST(Aggregation, ByFreezeARefusesTheClientWhoseRightFactorMoved) {
  Aggregation out = aggregation_by("freeze_a");
  const std::string why =
      testing::refusal([&] { out.add("x", state_with_factors(4, /*moved=*/true), 1); });
  EXPECT_NE(why.find("q.lora_A"), std::string::npos) << why;
  EXPECT_NE(why.find("the right factor has moved"), std::string::npos) << why;
  EXPECT_EQ(out.count(), 0u);
}

TEST(Aggregation, EveryRuleThatAJobMayChooseIsKnownWithItsPaper) {
  Job job;
  for (const Key& key : bind(job)) {
    if (key.name != "federation.aggregation") continue;
    ASSERT_FALSE(key.rule.allowed.empty());
    for (const std::string_view name : key.rule.allowed) {
      job.federation.aggregation = std::string(name);
      if (!testing::refusal([&] { check_job(job); }).empty()) continue;
      EXPECT_FALSE(aggregation_rule(name).paper.empty()) << name;
    }
  }
}

}  // namespace
}  // namespace cleave
