#include "common/model/threads.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>

#include <cstdlib>

#include "common/base/processors.h"

namespace cleave {
namespace {

template <class F>
F symbol(const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_DEFAULT, name));
}

std::string corename() {
  const auto name = symbol<char* (*)()>("openblas_get_corename");
  return name ? name() : "";
}

// OpenBLAS's name for the best kernels that this processor can run; "" to leave its choice alone.
const char* better_core(const std::string& chosen) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool slow = chosen == "Prescott" || chosen == "Core2" || chosen == "Nehalem" ||
                    chosen == "Sandybridge" || chosen == "Unknown";
  if (slow && avx512) return "SkylakeX";
  if (slow && avx2) return "Haswell";
#endif
  return "";
}

}  // namespace

void use_blas_threads(int count) {
  at::set_num_threads(count);
  at::get_num_threads();  // applies the count to this thread
}

void use_one_blas_thread() { use_blas_threads(1); }

int thread_count(std::int64_t wanted) {
  if (wanted > 0) return static_cast<int>(wanted);
  return usable_processors();
}

void pick_blas_kernels() {
  if (std::getenv("OPENBLAS_CORETYPE")) return;
  const char* const core = better_core(corename());
  const auto quit = symbol<void (*)()>("gotoblas_dynamic_quit");
  const auto init = symbol<void (*)()>("gotoblas_dynamic_init");
  if (!*core || !quit || !init) return;
  setenv("OPENBLAS_CORETYPE", core, 1);
  quit();
  init();
  unsetenv("OPENBLAS_CORETYPE");
}

std::string blas_description() {
  const auto config = symbol<char* (*)()>("openblas_get_config");
  if (!config) return "unknown BLAS";
  const std::string text = config();  // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..."
  const std::size_t end = text.find(' ', text.find(' ') + 1);
  return text.substr(0, end) + " " + corename();
}

std::string compute_warning(bool bf16) {
  std::string text;
  const std::string blas = blas_description();
  if (blas == "unknown BLAS") {
    text +=
        "no OpenBLAS found; with the reference BLAS everything is about ten times slower: "
        "install libopenblas0-openmp. ";
  } else if (blas.find("Prescott") != std::string::npos) {
    text += "OpenBLAS runs its slowest kernels here (" + blas + "). ";
  }
#if defined(__x86_64__)
  if (bf16 && !__builtin_cpu_supports("avx512bf16")) {
    text += "model.precision = bf16 needs avx512_bf16 or AMX to pay; this processor has neither. ";
  }
#endif
  return text;
}

}  // namespace cleave
