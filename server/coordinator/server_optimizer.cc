#include "server/coordinator/server_optimizer.h"

#include <ATen/ATen.h>

#include "common/base/error.h"

namespace cleave {
namespace {

constexpr const char* kMomentum = "momentum.";
constexpr const char* kVariance = "variance.";

State initial_memory(const ServerOptimizer& optimizer, const State& global) {
  State memory;
  for (const auto& [name, tensor] : global.tensors) {
    memory.add(kMomentum + name, at::zeros(tensor.sizes()));
    if (optimizer.name != "fedadam") continue;
    memory.add(kVariance + name, at::full(tensor.sizes(), optimizer.tau * optimizer.tau));
  }
  return memory;
}

// Moves the memory of one tensor on and returns x' - global.
at::Tensor advance(const ServerOptimizer& o, const std::string& name, const at::Tensor& difference,
                   State& memory) {
  const at::Tensor& momentum = memory.at(kMomentum + name);
  if (o.name == "fedavgm") {
    const at::Tensor m = o.momentum * momentum.to(at::kDouble) + difference;
    momentum.copy_(m);
    return o.lr * m;
  }
  const at::Tensor& variance = memory.at(kVariance + name);
  const at::Tensor m = o.beta1 * momentum.to(at::kDouble) + (1 - o.beta1) * difference;
  const at::Tensor v = o.beta2 * variance.to(at::kDouble) + (1 - o.beta2) * difference.square();
  momentum.copy_(m);
  variance.copy_(v);
  return o.lr * m / (v.sqrt() + o.tau);
}

}  // namespace

ServerOptimizer server_optimizer(const Job& job) {
  const auto& f = job.federation;
  const double usual = f.server_optimizer == "fedadam" ? 0.1 : 1;
  return {f.server_optimizer, f.server_lr > 0 ? f.server_lr : usual,
          f.server_momentum,  f.server_beta1,
          f.server_beta2,     f.server_tau};
}

std::string_view paper_of(const ServerOptimizer& optimizer) {
  if (optimizer.name == "fedavgm") return "FedAvgM, arXiv 1909.06335";
  if (optimizer.name == "fedadam") return "FedAdam, arXiv 2003.00295";
  return "";
}

ServerStep server_step(const ServerOptimizer& optimizer, const State& global, const State& average,
                       const State& memory) {
  if (optimizer.name == "none") return {average, {}};
  const State initial = initial_memory(optimizer, global);
  ServerStep next{average.clone(), memory.tensors.empty() ? initial : memory.clone()};
  check_same_form(next.memory, initial, "the server optimiser's memory");
  for (auto& [name, tensor] : next.state.tensors) {
    const at::Tensor start = global.at(name).detach().to(at::kDouble);
    tensor.copy_(start + advance(optimizer, name, tensor.to(at::kDouble) - start, next.memory));
  }
  if (!all_finite(next.state)) {
    throw DataError("the step of federation.server_optimizer = \"" + optimizer.name +
                    "\" diverged; lower federation.server_lr");
  }
  return next;
}

}  // namespace cleave
