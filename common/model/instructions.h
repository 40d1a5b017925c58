// Which version of a kernel this processor can run: the same inner loop is inlined into a function
// for each set of instructions that pays. Elsewhere than on x86-64 all three are the same.
#pragma once

#if defined(__x86_64__)
#define CLEAVE_FOR_AVX512 __attribute__((target("avx512f")))
#define CLEAVE_FOR_AVX2 __attribute__((target("avx2,fma")))
#else
#define CLEAVE_FOR_AVX512
#define CLEAVE_FOR_AVX2
#endif

namespace cleave {

template <class Kernel>
Kernel* for_this_processor([[maybe_unused]] Kernel* avx512, [[maybe_unused]] Kernel* avx2,
                           Kernel* plain) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2;
#endif
  return plain;
}

}  // namespace cleave
