// The registry of PEFT's types: how a folder of each becomes a job's tuning keys and a state, and
// which of Cleave's methods it can hold. A new type is a file like lora.cc and one line in
// peft_type.cc; it opens no file itself.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/peft/adapter_config.h"
#include "common/peft/adapter_tensors.h"
#include "common/tuning/method.h"

namespace cleave {

// A folder that is being read, for a model.
struct AdapterSource {
  const AdapterConfig& config;
  AdapterTensors& tensors;
  const Model& model;
  bool free_head = true;  // cut.head may be set so that the adapted blocks are all head's or body's
};

struct PeftType {
  std::string_view name;
  bool in_modules;  // tensor names begin with "base_model.model.", not "base_model."
  // Sets the job's tuning keys, and cut.head where it is free.
  void (*configure)(const AdapterSource&, Job&);
  // The tensors that the job tunes in embedding, head and body. The tail's are read elsewhere.
  State (*read)(const AdapterSource&, const TuningContext&);
};

extern const PeftType kPromptTuning;
extern const PeftType kPTuningType;
extern const PeftType kPrefixTuning;
extern const PeftType kLoraType;
extern const PeftType kIa3Type;
extern const PeftType kLnTuning;

// Errors: DataError.
const PeftType& find_peft_type(const std::string& name);

// A folder that is being written: canonical names.
struct NewAdapter {
  AdapterConfig config;
  std::map<std::string, at::Tensor> tensors;
};

// How a method's state is written, and as which type.
struct PeftExport {
  std::string_view method;
  const PeftType* type;
  void (*write)(const TuningContext&, const State&, NewAdapter&);
};

void write_prompt(const TuningContext&, const State&, NewAdapter&);  // of every computed prompt
void write_prefix(const TuningContext&, const State&, NewAdapter&);
void write_lora(const TuningContext&, const State&, NewAdapter&);
void write_svfit(const TuningContext&, const State&, NewAdapter&);
void write_ia3(const TuningContext&, const State&, NewAdapter&);
void write_norms(const TuningContext&, const State&, NewAdapter&);

// Errors: DataError saying why PEFT has no form of the method, and what to do instead.
const PeftExport& find_peft_export(const std::string& method);

}  // namespace cleave
