// How the process's heap treats the large, short-lived blocks of a training step.
#pragma once

namespace cleave {

// Call once at the start of main. The C library's own rule moves its limit up with every large
// block that is freed, until a batch's activations share one heap with all else and leave holes in
// it.
void keep_large_blocks_apart();

}  // namespace cleave
