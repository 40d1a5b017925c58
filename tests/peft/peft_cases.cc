// Not a test of its own: Cleave's half of scripts/check-peft, which compares it with PEFT.
//
//   peft_cases write DIR   for every case: DIR/NAME/{adapter|merged} and case.safetensors
//   peft_cases read DIR    for every DIR/NAME with an adapter that PEFT wrote: logits.safetensors,
//                          or refusal.txt with what Cleave said
//
// case.safetensors: ids (B, T) and lengths (B) or pixels (B, C, H, W) in [0, 255], and logits
// (B, labels); its metadata names model and task; of a language model the logits are those of every
// text's last row.
#include <iostream>

#include "common/base/error.h"
#include "common/model/threads.h"
#include "tests/peft/exported.h"

namespace cleave::testing {
namespace {

// Ids that no tiny model takes for padding, or pictures.
Dataset data_for(const ModelConfig& config) {
  Dataset data = tiny_texts(6, "check-peft");
  for (Example& example : data.examples) {
    fit(example, config);
    if (config.is_image()) continue;
    for (std::int32_t& id : example.ids) {
      id = 3 + id % static_cast<std::int32_t>(config.vocabulary - 3);
    }
  }
  return data;
}

void add_texts(const Dataset& data, State& state) {
  std::size_t longest = 0;
  for (const Example& example : data.examples) longest = std::max(longest, example.ids.size());
  const auto samples = static_cast<std::int64_t>(data.size());
  at::Tensor ids = at::zeros({samples, static_cast<std::int64_t>(longest)});
  at::Tensor lengths = at::zeros({samples});
  for (std::int64_t i = 0; i < samples; ++i) {
    const auto& own = data.examples[static_cast<std::size_t>(i)].ids;
    lengths[i] = static_cast<float>(own.size());
    for (std::size_t j = 0; j < own.size(); ++j) {
      ids[i][static_cast<std::int64_t>(j)] = static_cast<float>(own[j]);
    }
  }
  state.add("ids", ids);
  state.add("lengths", lengths);
}

void add_pictures(const Dataset& data, const ModelConfig& config, State& state) {
  std::vector<at::Tensor> all;
  for (const Example& example : data.examples) {
    at::Tensor pixels = at::empty({config.channels, config.image_size, config.image_size});
    std::copy(example.pixels.begin(), example.pixels.end(), pixels.data_ptr<float>());
    all.push_back(pixels);
  }
  state.add("pixels", at::stack(all));
}

Dataset texts_in(const State& given) {
  const at::Tensor& ids = given.at("ids");
  Dataset data;
  for (std::int64_t i = 0; i < ids.size(0); ++i) {
    Example& example = data.examples.emplace_back();
    const auto length = static_cast<std::int64_t>(given.at("lengths")[i].item<float>());
    for (std::int64_t j = 0; j < length; ++j) {
      example.ids.push_back(static_cast<std::int32_t>(ids[i][j].item<float>()));
    }
    example.pair_begin = static_cast<std::int32_t>(length);
  }
  return data;
}

Dataset pictures_in(const State& given) {
  const at::Tensor& pixels = given.at("pixels");
  Dataset data;
  for (std::int64_t i = 0; i < pixels.size(0); ++i) {
    const at::Tensor one = pixels[i].contiguous();
    data.examples.emplace_back().pixels.assign(one.data_ptr<float>(),
                                               one.data_ptr<float>() + one.numel());
  }
  return data;
}

// In its checkpoint's names.
const std::vector<std::string> kAllOfVit = {
    "query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"};

std::string name_of(const ExportCase& c, bool merged) {
  return c.model + (c.language ? "-lm-" : "-") + c.method + "-" + c.blocks +
         (c.targets.empty() ? "" : "-targets") + (merged ? "-merged" : "");
}

void write_case(const fs::path& out, const ExportCase& c, bool merged) {
  const Trained trained(c);
  const Dataset data = data_for(trained.inputs.parts.config);
  const fs::path folder = out / name_of(c, merged);
  make_folder(folder);
  if (merged) {
    write_merged_folder(trained.inputs.model, trained.context(), trained.state, {"no", "yes"},
                        folder / "merged");
  } else {
    write_adapter(trained.context(), trained.state, folder / "adapter");
  }
  State state;
  const ModelConfig& config = trained.inputs.parts.config;
  config.is_image() ? add_pictures(data, config, state) : add_texts(data, state);
  state.add("logits", trained.logits(whole_batch(data, data.size())).contiguous());
  save_state(folder / "case.safetensors", state,
             {{"model", trained.inputs.job.model.path}, {"task", trained.inputs.job.model.task}});
}

void write_cases(const fs::path& out) {
  for (const char* model : {"bert", "roberta", "gpt2", "llama"}) {
    for (const char* method :
         {"prompt", "p_tuning", "dpt", "ulpt", "prefix", "lora", "svfit", "ia3", "norm"}) {
      write_case(out, {method, model}, false);
    }
    for (const char* method : {"lora", "ia3", "norm"}) {
      write_case(out, {method, model, "body"}, false);
    }
    for (const char* method : {"lora", "svfit", "ia3", "norm", "difffit", "vera"}) {
      write_case(out, {method, model}, true);
    }
    if (open_model(tiny_model(model)).architecture->causal) {
      for (const char* method : {"prompt", "prefix", "lora", "ia3", "norm"}) {
        write_case(out, {method, model, "all", {}, true}, false);
      }
      write_case(out, {"lora", model, "all", {}, true}, true);
    }
    if (std::string(model) != "llama") write_case(out, {"bitfit", model}, true);
    if (std::string(model) != "llama") write_case(out, {"dept", model}, true);
    if (std::string(model) != "llama") write_case(out, {"dept+lora", model}, true);
  }
  for (const char* method : {"lora", "svfit", "ia3", "norm"}) {
    for (const char* blocks : {"all", "head", "body"})
      write_case(out, {method, "vit", blocks}, false);
    write_case(out, {method, "vit"}, true);
  }
  write_case(out, {"lora", "vit", "all", kAllOfVit}, false);
}

void read_case(const fs::path& folder) {
  const SavedState given = load_state(folder / "case.safetensors");
  const Model model = open_model(given.metadata.at("model"));
  const Adapter adapter = read_adapter(model, folder / "adapter");
  const Dataset data = given.state.has("ids") ? texts_in(given.state) : pictures_in(given.state);
  State out;
  out.add("logits", adapter_logits(adapter, whole_batch(data, data.size())).contiguous());
  save_state(folder / "logits.safetensors", out, {});
}

void read_cases(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    try {
      read_case(entry.path());
    } catch (const DataError& error) {
      write_atomically(entry.path() / "refusal.txt", error.what());
    }
  }
}

}  // namespace
}  // namespace cleave::testing

int main(int argc, char** argv) {
  return cleave::guarded_main("peft_cases", [&] {
    const std::string what = argc == 3 ? argv[1] : "";
    if (what != "write" && what != "read") throw cleave::UsageError("expected write|read DIR");
    cleave::use_one_blas_thread();
    (what == "write" ? cleave::testing::write_cases : cleave::testing::read_cases)(argv[2]);
    return 0;
  });
}
