#include "common/base/peak_rss.h"

#include <fstream>
#include <string>

namespace cleave {

int peak_rss_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    long kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return static_cast<int>(kilobytes / 1024);
  }
  return 0;
}

}  // namespace cleave
