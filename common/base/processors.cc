#include "common/base/processors.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace cleave {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostProcessors = std::size_t{1} << 20;

// By the affinity mask; 0 where it cannot be read. The kernel refuses a set that is smaller than
// its own, whose size no call tells.
int processors_by_affinity() {
  for (std::size_t size = CPU_SETSIZE; size <= kMostProcessors; size *= 2) {
    cpu_set_t* const set = CPU_ALLOC(size);
    const std::size_t bytes = CPU_ALLOC_SIZE(size);
    const bool read = set && sched_getaffinity(0, bytes, set) == 0;
    const int count = read ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (read) return count;
  }
  return 0;
}

// "max 100000" or "150000 100000": microseconds of processor time in a period of so many.
std::optional<double> quota_v2(const fs::path& group) {
  std::ifstream in(group / "cpu.max");
  double quota = 0, period = 0;
  if (!(in >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

std::optional<double> quota_v1(const fs::path& group) {
  std::ifstream quota_file(group / "cpu.cfs_quota_us"), period_file(group / "cpu.cfs_period_us");
  double quota = 0, period = 0;  // a quota of -1 is none
  if (!(quota_file >> quota) || !(period_file >> period) || quota <= 0 || period <= 0) {
    return std::nullopt;
  }
  return quota / period;
}

// The least quota of a group and those above it. In a container the path can be that of the host,
// of which only the uppermost, the container's own, is to be seen.
template <class Quota>
void lower(std::optional<double>& least, const fs::path& hierarchy, const std::string& path,
           Quota quota) {
  for (fs::path own = fs::path(path).relative_path();; own = own.parent_path()) {
    const std::optional<double> here = quota(hierarchy / own);
    if (here && (!least || *here < *least)) least = here;
    if (own.empty()) return;
  }
}

bool lists_cpu(const std::string& controllers) {
  return ("," + controllers + ",").find(",cpu,") != std::string::npos;
}

}  // namespace

std::optional<double> processor_quota(const fs::path& own, const fs::path& cgroups) {
  std::optional<double> least;
  std::ifstream in(own);
  for (std::string line; std::getline(in, line);) {  // "4:cpu,cpuacct:/path", of v2 "0::/path"
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      lower(least, cgroups, path, quota_v2);
      lower(least, cgroups / "unified", path, quota_v2);
    } else if (lists_cpu(controllers)) {
      for (const std::string& name : {controllers, std::string("cpu")}) {
        lower(least, cgroups / name, path, quota_v1);
      }
    }
  }
  return least;
}

int usable_processors() {
  int count = processors_by_affinity();
  if (count == 0) count = static_cast<int>(std::thread::hardware_concurrency());
  if (const std::optional<double> quota = processor_quota()) {
    count = std::min(count, static_cast<int>(std::min(1e6, std::ceil(*quota))));
  }
  return std::max(1, count);
}

}  // namespace cleave
