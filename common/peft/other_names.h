// What adapters of the same model call the same tensors elsewhere: transformers 5 has renamed ViT's
// modules, and a state that was saved past PEFT's own save_pretrained has PEFT's names in memory.
// Names in here are without wrapper and prefix; no I/O.
#pragma once

#include <string>
#include <vector>

#include "common/model/architecture.h"

namespace cleave {

// A tensor's or module's name in transformers 5: "layers.1.attention.q_proj" for ViT's
// "encoder.layer.1.attention.attention.query". Unchanged where both call it the same.
std::string newer_name(const Architecture& architecture, const std::string& name);
// The checkpoint's name of a tensor or module of transformers 5, and of ours.
std::string older_name(const Architecture& architecture, const std::string& name);

// The name under which PEFT saves what it calls "...lora_A.default.weight" or
// "classifier.modules_to_save.default.weight" in memory.
std::string saved_name(const std::string& name);

}  // namespace cleave
