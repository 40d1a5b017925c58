// A run directory written as a coordinator writes it, round by round, without the training: for
// tests of what a folder is worth after damage and crashes.
#pragma once

#include <ATen/ATen.h>

#include "server/coordinator/kernels.h"
#include "server/coordinator/run_folder.h"
#include "server/coordinator/run_job.h"
#include "tests/support/tiny_run.h"

namespace cleave::testing {

inline State state_of(std::uint32_t round) {
  State state;
  state.add("prompt", at::full({2, 3}, 0.5 + round));
  return state;
}

inline State memory_of(std::uint32_t round) {
  State memory;
  memory.add("momentum.prompt", at::full({2, 3}, -1.0 * round));
  return memory;
}

inline Json line_of(std::uint32_t round) {
  const Json work = {{"all", {4, 9, 20}}, {"kept", {4, 9, 20}}};
  const Json participant = {
      {"client", "client-1"}, {"work", work}, {"batches", {{4, 9}}}, {"kept_ids", Json::array()}};
  return {{"round", round},
          {"loss", 1.0 / round},
          {"bytes", {{"by_kind", {{"up", {{"update", {1, 24}}}}, {"down", Json::object()}}}}},
          {"participants", {participant}}};
}

// Begins the run or goes on with it; `committed` follows the rounds whose commit returned.
inline void write_run(const fs::path& path, const Job& job, std::uint32_t& committed) {
  RunFolder folder =
      fs::exists(path / "job.toml") ? RunFolder::resume(path, job) : RunFolder::create(path, job);
  if (finished_summary(folder, job)) return;
  note_kernels(folder, "some BLAS");
  if (!folder.read_json("partition.json")) folder.write_json("partition.json", {{"clients", 1}});
  folder.begin(state_of(0));
  const auto rounds = static_cast<std::uint32_t>(job.federation.rounds);
  for (std::uint32_t round = folder.last_round() + 1; round <= rounds; ++round) {
    ASSERT_TRUE(equal(folder.state().value_or(state_of(0)), state_of(round - 1)));
    const State memory = round > 1 ? memory_of(round - 1) : State{};
    ASSERT_TRUE(equal(folder.server_memory(), memory));
    folder.commit_round(line_of(round), state_of(round), memory_of(round));
    committed = round;
  }
  folder.write_json("summary.json", {{"status", "done"}, {"rounds", rounds}});
}

inline void write_run(const fs::path& path, const Job& job) {
  std::uint32_t committed = 0;
  write_run(path, job, committed);
}

// All that a resumed run reads of its folder.
inline void read_run(const fs::path& path, const Job& job) {
  const RunFolder folder = RunFolder::resume(path, job);
  folder.state();
  folder.server_memory();
  for (const char* name : {"partition.json", "summary.json", "measured.json"}) {
    folder.read_json(name);
  }
}

}  // namespace cleave::testing
