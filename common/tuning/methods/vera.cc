// VeRA (Kopiczko et al. 2024): a linear layer y = W x + b becomes y + b_v * (B (d_v * (A x))), with
// A (r, in) and B (out, r) random, frozen and shared by all layers of equal width, and the vectors
// d_v (r), at first 0.1, and b_v (out), at first 0, trained. Begins as the base.
//
// A and B are not sent: each side makes them from the job's seed, uniform in +-sqrt(3 / columns).
#include <ATen/ATen.h>

#include <cmath>

#include "common/tuning/methods/methods.h"
#include "common/tuning/targets.h"

namespace cleave {
namespace {

using at::Tensor;

Tensor shared_matrix(const TuningContext& context, const std::string& name, std::int64_t rows,
                     std::int64_t columns) {
  const std::string whole = "vera/" + name + "/" + std::to_string(rows + columns);
  return (*context.derived)(whole, [&] {
    Stream stream(seed_of(context.job, Seed::kInit), whole);
    return uniform_tensor({rows, columns}, std::sqrt(3.0 / static_cast<double>(columns)), stream);
  });
}

std::vector<Tunable> tunables(const TuningContext& context) {
  const std::int64_t rank = context.job.tuning.rank;
  std::vector<Tunable> out;
  for (const Target& target : targets_of(context)) {
    out.push_back(
        {target.stem("vera") + ".d", {rank}, [=] { return at::full({rank}, 0.1, at::kFloat); }});
    out.push_back({target.stem("vera") + ".b", {target.out}, [=, width = target.out] {
                     return at::zeros({width}, at::kFloat);
                   }});
  }
  return out;
}

void act(const TuningContext& context, const State& state, Sites& sites) {
  const std::int64_t rank = context.job.tuning.rank;
  for (const Target& target : targets_in(targets_of(context), state, "vera", ".d")) {
    const Tensor a = shared_matrix(context, "A", rank, target.in);   // (r, in)
    const Tensor b = shared_matrix(context, "B", target.out, rank);  // (out, r)
    const Tensor d = state.at(target.stem("vera") + ".d");           // (r)
    const Tensor scale = state.at(target.stem("vera") + ".b");       // (out)
    sites.linear[target.name].push_back({nullptr, [=](const Tensor& x, const Tensor& y) {
                                           const auto type = x.scalar_type();
                                           const Tensor low = at::linear(x, a.to(type));  // (R, r)
                                           const Tensor change =
                                               at::linear(low * d.to(type), b.to(type));
                                           return y + change * scale.to(type);
                                         }});
  }
}

// A x and B (...), and the gradients of what they multiply.
void work(const TuningContext& context, MethodWork& out) {
  const std::int64_t rank = context.job.tuning.rank;
  for (const Target& target : targets_of(context)) {
    const std::int64_t low = rank * (target.in + target.out);
    out.block[target.block] += {low, low, rank + target.out};
  }
}

}  // namespace

const Method kVera = {
    .name = "vera", .reads = "rank targets blocks", .tunables = tunables, .act = act, .work = work};

}  // namespace cleave
