// What a block is made of, by name: for whoever tunes some of it. Names are the checkpoint's.
#pragma once

#include <string>
#include <vector>

#include "common/model/architecture.h"

namespace cleave {

struct LinearName {
  std::string name;  // without ".weight"
  std::int64_t in = 0, out = 0;
};

struct VectorName {
  std::string name;  // with ".weight" or ".bias"
  std::int64_t size = 0;
};

struct Inventory {
  std::vector<LinearName> linears;
  std::vector<VectorName> vectors;  // of norms and biases

  // Those whose name is, or ends in "." and, one of `targets`, as PEFT matches target_modules.
  std::vector<LinearName> matching(const std::vector<std::string>& targets) const;
};

Inventory inventory_of_block(const ModelConfig& config, const Architecture& architecture,
                             std::int64_t block);
Inventory inventory_of_embedding(const ModelConfig& config, const Architecture& architecture);

// Whether `name` is `target` or ends in "." and it; or so for one of `targets`.
bool ends_in(const std::string& name, const std::string& target);
bool ends_in_any(const std::string& name, const std::vector<std::string>& targets);

}  // namespace cleave
