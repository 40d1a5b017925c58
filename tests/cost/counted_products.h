// Counts the multiply-adds of every product that this program's BLAS is asked for in fp32, whoever
// asks: layers, attention and autograd alike. It stands before the BLAS's own routines.
#pragma once

namespace cleave::testing {

// Since the last call.
double counted_products();

}  // namespace cleave::testing
