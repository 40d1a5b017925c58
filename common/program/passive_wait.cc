#include "common/program/passive_wait.h"

#include <unistd.h>

#include <climits>
#include <cstdlib>

namespace cleave {

void start_again_waiting_passively(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return;
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path - 1);
  if (length <= 0) return;
  path[length] = '\0';
  ::setenv("OMP_WAIT_POLICY", "passive", 1);
  ::execv(path, argv);
  ::unsetenv("OMP_WAIT_POLICY");  // it could not be started: goes on as it is
}

}  // namespace cleave
