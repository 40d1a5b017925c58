#include "server/coordinator/aggregation/aggregation.h"

#include <ATen/ATen.h>

#include "common/base/error.h"

namespace cleave {

Aggregation::Aggregation(State global, const AggregationRule& rule, std::vector<FactorPair> pairs,
                         double max_norm)
    : rule_(rule),
      pairs_(rule.merge ? std::move(pairs) : std::vector<FactorPair>()),
      global_(factors_of(global)),
      mean_(global),
      max_norm_(max_norm) {
  if (max_norm_ > 0) start_ = global.clone();
  for (const Factors& f : global_) {
    CLEAVE_CHECK(f.left.dim() == 2 && f.right.dim() == 2 && f.left.size(1) == f.right.size(0));
  }
}

std::vector<Factors> Aggregation::factors_of(const State& state) const {
  std::vector<Factors> out;
  for (const FactorPair& pair : pairs_) {
    out.push_back(
        {state.at(pair.left).clone(), state.at(pair.right).clone(), pair.scale, pair.left_fixed});
  }
  return out;
}

void Aggregation::check(const std::vector<Factors>& factors) const {
  for (std::size_t i = 0; rule_.check && i < pairs_.size(); ++i) {
    try {
      rule_.check(factors[i], global_[i]);
    } catch (const DataError& error) {
      throw DataError("an update whose " + pairs_[i].left + " and " + pairs_[i].right +
                      " do not fit: " + error.what());
    }
  }
}

void Aggregation::add(const std::string& client, const State& update, std::uint64_t weight) {
  if (max_norm_ == 0) return take(client, update, weight);
  CLEAVE_CHECK(!waiting_.contains(client));
  mean_.check(update, weight);
  check(factors_of(update));
  waiting_[client] = {update.clone(), weight};
}

void Aggregation::take(const std::string& client, const State& update, std::uint64_t weight) {
  CLEAVE_CHECK(!updates_.contains(client));
  std::vector<Factors> factors = factors_of(update);
  check(factors);
  mean_.add(update, weight);
  if (!pairs_.empty()) updates_[client] = {std::move(factors), static_cast<double>(weight)};
}

void Aggregation::bound_norms() {
  std::vector<double> norms;
  for (const auto& [client, own] : waiting_) norms.push_back(update_norm(own.update, start_));
  const std::vector<double> bounds = norm_bounds(norms, max_norm_);
  std::size_t i = 0;
  for (const auto& [client, own] : waiting_) {
    const double norm = norms[i], bound = bounds[i++];
    if (norm <= bound) {
      take(client, own.update, own.weight);
    } else {
      shortened_.push_back({client, norm, bound});
      take(client, shortened(own.update, start_, bound / norm), own.weight);
    }
  }
  waiting_.clear();
}

FactorUpdates Aggregation::updates_of(std::size_t pair) const {
  FactorUpdates out;
  for (const auto& [client, update] : updates_)
    out.push_back({update.factors[pair], update.weight});
  return out;
}

State Aggregation::finish() {
  bound_norms();
  State state = mean_.finish();
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    const Merged merged = rule_.merge(updates_of(i), global_[i]);
    state.at(pairs_[i].left).copy_(merged.factors.left);
    state.at(pairs_[i].right).copy_(merged.factors.right);
    if (!merged.base) continue;
    const at::Tensor& base = state.at(pairs_[i].base_change);
    const at::Tensor gain = merged.base->left.matmul(merged.base->right) * merged.base->scale;
    base.copy_(base.to(at::kDouble) + gain);
  }
  return state;
}

}  // namespace cleave
