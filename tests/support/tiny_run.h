// Whole simulated runs of the tiny job, and comparing what they leave behind.
#pragma once

#include <map>

#include "common/data/partition.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_job.h"

namespace cleave::testing {

inline Partition tiny_partition(const JobInputs& inputs) {
  PartitionOptions options;
  options.clients = static_cast<std::uint32_t>(inputs.job.federation.clients);
  return partition_iid(labels_of(inputs.train), options);
}

// Runs the job into `path` (resuming what is there) and returns the summary.
inline Json run_tiny(const Job& job, const fs::path& path, SimulationOptions options = {}) {
  JobInputs inputs = tiny_inputs(job);
  const Partition partition = tiny_partition(inputs);
  RunFolder folder =
      fs::exists(path / "job.toml") ? RunFolder::resume(path, job) : RunFolder::create(path, job);
  return simulate(inputs, partition, folder, options);
}

// Every file of a run directory that must not depend on the machine.
inline std::map<std::string, std::string> contents(const fs::path& run) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::directory_iterator(run)) {
    const std::string name = entry.path().filename().string();
    if (name != "measured.json") out[name] = read_file(entry.path(), 64 << 20);
  }
  return out;
}

}  // namespace cleave::testing
