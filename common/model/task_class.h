// What a family's task class for classification does after the last norm (cut.pool = "pooler"), in
// the checkpoint's names: it reads one row of a sample, passes it through a linear layer and tanh
// where there is one, and classifies. It holds no tensors.
#pragma once

#include <string>
#include <string_view>

#include "common/model/pool.h"

namespace cleave {

struct TaskClass {
  std::string_view name;           // of transformers
  std::string_view language = {};  // its class for language models; empty: none
  Pool row = Pool::kCls;
  std::string_view dense = {};  // empty: none
  bool dense_tuned = false;     // as part of the classifier; else it stays as the checkpoint has it
  std::string_view classifier = "classifier";
  bool bias = true;  // of the classifier

  bool has_dense() const { return !dense.empty(); }
  // Whether a tensor of the tail is not trained.
  bool freezes(std::string_view tensor) const {
    return has_dense() && !dense_tuned && tensor.substr(0, dense.size()) == dense;
  }
  // Which row `pool` reads, or all of them.
  Pool row_of(Pool pool) const { return pool == Pool::kPooler ? row : pool; }
};

}  // namespace cleave
