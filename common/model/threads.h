// How many threads the tensor library uses, and which BLAS stands behind it.
#pragma once

#include <cstdint>
#include <string>

namespace cleave {

// For every worker of a lane with one BLAS thread each: results then do not depend on how many
// workers there are.
void use_one_blas_thread();
void use_blas_threads(int count);

// `wanted`, or for 0 one per processor that this process may use (processors.h).
int thread_count(std::int64_t wanted);

// Call once at the start of main, before any tensor is made. OpenBLAS picks its kernels by the
// processor's model number and falls back to the slowest ones for models younger than itself; this
// picks them by the instructions that the processor has.
void pick_blas_kernels();

// "OpenBLAS 0.3.21 SkylakeX", for the log and for measured.json.
std::string blas_description();

// What a user should know before a long run: an unoptimised BLAS, bf16 on a processor without
// fast bf16. Empty: nothing.
std::string compute_warning(bool bf16);

}  // namespace cleave
