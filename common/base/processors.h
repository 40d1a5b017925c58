// How many processors this process may use: those that the machine has, less those that an affinity
// mask (taskset, a batch system) or a quota (a container's) takes away. It knows no load: a busy
// machine has as many as an idle one.
#pragma once

#include <filesystem>
#include <optional>

namespace cleave {

// At least 1. A quota of part of a processor counts as a whole one.
int usable_processors();

// Processors that the control groups of this process allow it, all its ancestors' quotas included;
// none: no quota. Reads cgroup v2's cpu.max, and v1's cpu.cfs_quota_us and cpu.cfs_period_us, in
// `cgroups`, and its own place there in `own`, a file like /proc/self/cgroup. What is missing or
// unreadable sets no quota.
std::optional<double> processor_quota(const std::filesystem::path& own = "/proc/self/cgroup",
                                      const std::filesystem::path& cgroups = "/sys/fs/cgroup");

}  // namespace cleave
