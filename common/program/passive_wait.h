// That OpenMP's threads wait asleep. By default they spin, which on a busy machine takes the
// processor from the thread that they wait for: products on several threads then stand still.
#pragma once

namespace cleave {

// The OpenMP library reads OMP_WAIT_POLICY while it is loaded, before main: this starts the program
// again with the variable set, and does not return. It returns, and nothing has changed, where the
// user has set the variable or GOMP_SPINCOUNT, which a program that was started again finds, and
// where /proc is missing. Call it before anything is written, connected or computed, and only where
// a product will run on several threads: it costs loading the libraries twice.
void start_again_waiting_passively(char** argv);

}  // namespace cleave
