// Federated averaging: order, weights, identity, refusals.
#include "server/coordinator/fedavg.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "common/base/error.h"
#include "common/base/random.h"

namespace cleave {
namespace {

State state_of(std::uint64_t seed, double scale = 1) {
  Stream stream(seed, "state");
  State state;
  at::Tensor a = at::empty({5, 7}), b = at::empty({3});
  for (at::Tensor* t : {&a, &b}) {
    for (std::int64_t i = 0; i < t->numel(); ++i) {
      t->data_ptr<float>()[i] = static_cast<float>(scale * stream.normal());
    }
  }
  state.add("a", a);
  state.add("b", b);
  return state;
}

State average(const std::vector<std::pair<State, std::uint64_t>>& updates) {
  FedAvg mean(state_of(0));
  for (const auto& [state, weight] : updates) mean.add(state, weight);
  return mean.finish();
}

TEST(FedAvg, ASingleUpdatePassesThroughUnchanged) {
  const State only = state_of(1, 1e-30);
  EXPECT_TRUE(equal(average({{only, 17}}), only));
}

TEST(FedAvg, IsBitwiseTheSameInEveryOrderOfArrival) {
  std::vector<std::pair<State, std::uint64_t>> updates;
  for (std::uint64_t k = 1; k <= 5; ++k) updates.emplace_back(state_of(k, 3.0), 10 * k + 1);
  std::vector<std::size_t> order(updates.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const State expected = average(updates);
  do {
    std::vector<std::pair<State, std::uint64_t>> shuffled;
    for (const std::size_t i : order) shuffled.push_back(updates[i]);
    ASSERT_TRUE(equal(average(shuffled), expected));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(FedAvg, EqualUpdatesGiveThatUpdate) {
  for (const double scale : {1e-12, 1e-3, 1.0, 1e4}) {
    const State same = state_of(2, scale);
    EXPECT_TRUE(equal(average({{same, 3}, {same, 70}, {same, 1000003}}), same)) << scale;
  }
}

TEST(FedAvg, IsTheWeightedMeanToOneUlp) {
  const State x = state_of(3), y = state_of(4);
  const State mean = average({{x, 1}, {y, 3}});
  for (std::size_t i = 0; i < mean.tensors.size(); ++i) {
    const at::Tensor exact =
        (x.tensors[i].second.to(at::kDouble) + 3 * y.tensors[i].second.to(at::kDouble)) / 4;
    const at::Tensor rounded = exact.to(at::kFloat);
    EXPECT_TRUE(at::equal(mean.tensors[i].second, rounded)) << mean.tensors[i].first;
  }
}

TEST(FedAvg, RefusesWhatIsEmptyNotFiniteOrOfAnotherForm) {
  FedAvg mean(state_of(0));
  const State good = state_of(5);
  mean.add(good, 2);
  EXPECT_THROW(mean.add(state_of(6), 0), DataError);
  for (const float bad : {std::nanf(""), INFINITY, -INFINITY, 40000.f}) {
    State broken = state_of(6);
    broken.tensors[1].second[0] = bad;
    EXPECT_THROW(mean.add(broken, 1), DataError) << bad;
  }
  State other;
  other.add("a", at::zeros({5, 7}));
  EXPECT_THROW(mean.add(other, 1), DataError);
  EXPECT_EQ(mean.count(), 1u);
  EXPECT_TRUE(equal(mean.finish(), good)) << "a refused update left a trace";
}

}  // namespace
}  // namespace cleave
