#include "common/base/heap.h"

#include <cstdlib>  // for __GLIBC__

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace cleave {

void keep_large_blocks_apart() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 4 << 20);  // below it, a step would spend its time on page faults
  mallopt(M_TRIM_THRESHOLD, 32 << 20);
#endif
}

}  // namespace cleave
