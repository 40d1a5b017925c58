// Which entries of a State are low-rank factors of one change. No tensors and no arithmetic here.
#pragma once

#include <string>

namespace cleave {

// A product whose factors are averaged together: the change is scale * left @ right.
struct FactorPair {
  std::string left, right;  // (out, r), (r, in)
  double scale = 1;         // not 0
  // Which of them stays as it began under aggregation "freeze_a": never one that begins at zero.
  bool left_fixed = false;
  // The entry (out, in) that rules add to the base to: of pairs on linear layers, in a job whose
  // rule does; else empty.
  std::string base_change = {};

  const std::string& fixed() const { return left_fixed ? left : right; }
};

}  // namespace cleave
