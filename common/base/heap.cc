#include "common/base/heap.h"

#include <cstdlib>  // for __GLIBC__

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace cleave {

void keep_large_blocks_apart() {
#ifdef __GLIBC__
  // The most that glibc takes. States and models lie above it; with a step's activations apart as
  // well, a step of long texts or many prompt rows would spend a quarter of its time on page
  // faults.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  // The lane computes and the I/O thread waits, or the other way round: a heap each would only be
  // another place for holes, and a second heap's pages go back and come again at every step.
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
}

}  // namespace cleave
