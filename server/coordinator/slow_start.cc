#include "server/coordinator/slow_start.h"

#include <fmt/format.h>

#include <algorithm>

namespace cleave {
namespace {

constexpr std::size_t kFewSteps = 100;  // of a client, in all rounds so far
constexpr double kRaise = 5;

std::size_t most_steps(const Json& line) {
  std::size_t most = 0;
  for (const Json& p : line.at("participants")) most = std::max(most, p.at("batches").size());
  return most;
}

}  // namespace

bool gives_one_class(const Json& line) {
  if (!line.contains("dev_accuracy")) return false;
  const Json& predicted = line.at("dev").at("predicted");
  const auto used = std::count_if(predicted.begin(), predicted.end(),
                                  [](const Json& n) { return n.get<std::uint64_t>() > 0; });
  return used == 1 && predicted.size() > 1;
}

std::string slow_start(const Json& line, const std::vector<Json>& earlier, const Job& job) {
  if (!gives_one_class(line)) return {};
  std::size_t steps = most_steps(line);
  for (const Json& before : earlier) {
    if (before.contains("dev")) return {};
    steps += most_steps(before);
  }
  if (steps > kFewSteps) return {};
  return fmt::format(
      "NOT BEGUN TO LEARN: all of dev is given one class after {} step{} of a client. With so few "
      "the rates decide: raise optimizer.lr_tail first, from {:g} to {:g}; then take more steps: a "
      "smaller optimizer.batch than {}, more phases.split_epochs than {}, more federation.rounds",
      steps, steps == 1 ? "" : "s", job.optimizer.lr_tail, kRaise * job.optimizer.lr_tail,
      job.optimizer.batch, job.phases.split_epochs);
}

}  // namespace cleave
