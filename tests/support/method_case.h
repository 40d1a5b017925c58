// Every tuning method with the places, models and cuts that tests try it on.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "common/tuning/targets.h"
#include "tests/support/tiny_job.h"

namespace cleave::testing {

struct MethodCase {
  std::string method, at, model;
  Cut cut;
  std::string task = "classification";
};

inline std::string text_of(const MethodCase& c) {
  return c.method + " at " + c.at + " on " + c.model + ", head " + std::to_string(c.cut.head) +
         ", tail " + std::to_string(c.cut.tail) + ", " + c.task;
}

inline Job method_job(const MethodCase& c) {
  Job job = tiny_job(c.cut.head, c.cut.tail);
  job.model.path = (golden_folder() / "tiny" / c.model).string();
  job.tuning.method = c.method;
  job.tuning.at = c.at;
  job.tuning.rank = 2;
  job.data.max_length = 8;
  job.model.task = c.task;
  return job;
}

inline JobInputs method_inputs(const MethodCase& c) {
  JobInputs inputs = tiny_inputs(method_job(c));
  for (Dataset* data : {&inputs.train, &inputs.dev}) {
    for (Example& example : data->examples) {
      fit(example, inputs.parts.config);
      if (inputs.job.model.task == "causal_lm") example.label = 0;  // all are texts
    }
  }
  return inputs;
}

// Every tensor away from its start, so that nothing that should act is zero.
inline void stir(State& state) {
  Stream stream(3, "stir");
  for (auto& [name, tensor] : state.tensors) {
    for (std::int64_t i = 0; i < tensor.numel(); ++i) {
      tensor.data_ptr<float>()[i] += static_cast<float>(0.1 * stream.normal());
    }
  }
}

// Methods that add rows, where they may go; and those that do not.
struct Placed {
  std::string method;
  std::vector<std::string> places;
};

inline std::vector<Placed> every_method() {
  return {{"prompt", {"input", "peft", "cut", "1", "2"}},
          {"dept", {"input", "peft", "cut"}},
          {"ept_style", {"input", "peft"}},
          {"adept", {"input", "peft", "cut"}},
          {"dpt", {"input", "peft", "cut"}},
          {"ulpt", {"input", "peft"}},
          {"p_tuning", {"input", "peft"}},
          {"deep", {"any"}},
          {"prefix", {"any"}},
          {"lora", {"any"}},
          {"svfit", {"any"}},
          {"vera", {"any"}},
          {"bitfit", {"any"}},
          {"norm", {"any"}},
          {"difffit", {"any"}},
          {"ia3", {"any"}},
          {"prompt+lora", {"peft", "cut"}},
          {"prefix+ia3+bitfit", {"any"}}};
}

inline bool allowed(const MethodCase& c) {
  const bool causal = c.model == "gpt2" || c.model == "llama";
  if (c.at == "input" && causal) return false;
  if (c.at == "peft" && c.model == "vit") return false;
  if (c.at == "2" && c.model == "roberta") return false;  // it has two blocks
  if (c.method.find("bitfit") != std::string::npos && c.model == "llama") return false;
  return true;
}

inline std::string placed_name(const ::testing::TestParamInfo<Placed>& info) {
  std::string name = info.param.method;
  std::replace(name.begin(), name.end(), '+', '_');
  return name;
}

}  // namespace cleave::testing
