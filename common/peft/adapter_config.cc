#include "common/peft/adapter_config.h"

#include <algorithm>
#include <cmath>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/json_fields.h"
#include "common/base/nearest.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxConfigBytes = 1 << 20;

void read_prompt(JsonFields& fields, AdapterConfig& out) {
  out.virtual_tokens = fields.size("num_virtual_tokens");
  if (fields.has("token_dim")) out.token_dim = fields.size("token_dim");
  if (fields.has("num_layers")) out.layers = fields.size("num_layers");
  if (fields.has("num_attention_heads")) out.heads = fields.size("num_attention_heads");
  if (fields.has("num_transformer_submodules") && fields.size("num_transformer_submodules") != 1) {
    fields.bad("num_transformer_submodules", "1: Cleave's models are one transformer");
  }
  // Where the values came from, which the tensors hold by now.
  fields.ignore({"prompt_tuning_init", "prompt_tuning_init_text", "tokenizer_kwargs",
                 "tokenizer_name_or_path", "encoder_dropout", "encoder_hidden_size",
                 "encoder_num_layers", "encoder_reparameterization_type", "prefix_projection",
                 "init_weights"});
}

void read_modules(JsonFields& fields, AdapterConfig& out) {
  if (fields.has("target_modules")) {
    if (!fields.is_text("target_modules")) {
      out.target_modules = fields.names("target_modules");
    } else {
      out.all_linear = fields.text("target_modules") == "all-linear";
    }
  }
  if (fields.has("exclude_modules")) {
    out.excludes_by_pattern = fields.is_text("exclude_modules");
    if (!out.excludes_by_pattern) out.exclude_modules = fields.names("exclude_modules");
  }
  fields.ignore({"target_modules", "exclude_modules", "fan_in_fan_out"});
}

// Initialisations that leave the base's weights as they are.
void check_start(JsonFields& fields) {
  const std::vector<std::string> plain = {"gaussian", "eva", "orthogonal"};
  if (fields.has("init_lora_weights") && fields.is_text("init_lora_weights")) {
    const std::string start = fields.text("init_lora_weights");
    if (std::find(plain.begin(), plain.end(), start) == plain.end()) {
      fields.bad("init_lora_weights",
                 "an initialisation that leaves the base's weights alone; convert the adapter to a "
                 "plain one (PEFT: save_pretrained with path_initial_model_for_weight_conversion)");
    }
  }
  fields.ignore({"init_lora_weights"});
}

void read_lora(JsonFields& fields, AdapterConfig& out) {
  read_modules(fields, out);
  check_start(fields);
  out.rank = fields.size("r");
  out.alpha = fields.number("lora_alpha");
  if (!(out.alpha > 0)) fields.bad("lora_alpha", "a number above 0");
  out.rslora = fields.flag_or("use_rslora", false);
  if (fields.has("layers_to_transform")) {
    out.layers_to_transform = fields.indices("layers_to_transform");
  }
  fields.expect_off({"bias"}, "none");
  fields.ignore({"lora_dropout", "layers_pattern", "megatron_core", "qalora_group_size"});
}

void read_ia3(JsonFields& fields, AdapterConfig& out) {
  read_modules(fields, out);
  if (fields.has("feedforward_modules") && !fields.is_text("feedforward_modules")) {
    out.feedforward_modules = fields.names("feedforward_modules");
  }
  fields.ignore({"feedforward_modules", "init_ia3_weights"});
}

struct TypeReader {
  std::string_view type;
  void (*read)(JsonFields&, AdapterConfig&);
};

constexpr TypeReader kTypes[] = {
    {"PROMPT_TUNING", read_prompt},
    {"P_TUNING", read_prompt},
    {"PREFIX_TUNING", read_prompt},
    {"LORA", read_lora},
    {"IA3", read_ia3},
    {"LN_TUNING", read_modules},
};

const TypeReader& reader_of(const std::string& type, const std::string& file) {
  std::vector<std::string_view> known;
  for (const TypeReader& reader : kTypes) {
    if (reader.type == type) return reader;
    known.push_back(reader.type);
  }
  throw DataError(file + ": the peft_type \"" + type.substr(0, 80) + "\" is not supported" +
                  did_you_mean(type, known) + "; supported: " + one_of(known));
}

}  // namespace

AdapterConfig parse_adapter_config(std::string_view text, const std::string& file) {
  JsonFields fields(text, file, "adapter");
  AdapterConfig out;
  out.peft_type = fields.text("peft_type");
  const TypeReader& reader = reader_of(out.peft_type, file);
  if (fields.has("task_type")) out.task_type = fields.text("task_type");
  const std::string& task = out.task_type;
  if (!task.empty() && task != "SEQ_CLS" && task != "CAUSAL_LM") {
    fields.bad("task_type", "\"SEQ_CLS\", \"CAUSAL_LM\" or null");
  }
  if (fields.has("base_model_name_or_path"))
    out.base_model = fields.text("base_model_name_or_path");
  if (fields.has("modules_to_save")) out.modules_to_save = fields.names("modules_to_save");
  fields.ignore({"task_type", "base_model_name_or_path", "modules_to_save", "revision",
                 "inference_mode", "auto_mapping", "peft_version"});
  reader.read(fields, out);
  // Switches that newer versions write for what is off.
  fields.expect_off({"use_dora", "lora_bias", "use_qalora", "use_bdlora", "ensure_weight_tying"});
  fields.refuse_the_rest();
  return out;
}

AdapterConfig load_adapter_config(const fs::path& folder) {
  const fs::path path = folder / kAdapterConfig;
  if (!fs::exists(path)) {
    throw IoError("no adapter at " + folder.string() + ": expected a PEFT folder, with " +
                  kAdapterConfig + " and adapter_model.safetensors");
  }
  return parse_adapter_config(read_file(path, kMaxConfigBytes), path.string());
}

std::string adapter_config_json(const AdapterConfig& c) {
  nlohmann::json out = {{"peft_type", c.peft_type},
                        {"base_model_name_or_path", c.base_model},
                        {"inference_mode", true},
                        {"task_type", nullptr}};
  if (!c.task_type.empty()) out["task_type"] = c.task_type;
  if (!c.modules_to_save.empty()) out["modules_to_save"] = c.modules_to_save;
  if (c.virtual_tokens > 0) {
    out["num_virtual_tokens"] = c.virtual_tokens;
    out["num_transformer_submodules"] = 1;
  }
  if (c.token_dim > 0) out["token_dim"] = c.token_dim;
  if (c.layers > 0) out["num_layers"] = c.layers;
  if (c.heads > 0) out["num_attention_heads"] = c.heads;
  if (c.peft_type == "PREFIX_TUNING") out["prefix_projection"] = false;
  if (!c.target_modules.empty()) out["target_modules"] = c.target_modules;
  if (c.peft_type == "IA3") out["feedforward_modules"] = c.feedforward_modules;
  if (c.peft_type == "IA3" || c.rank > 0) out["fan_in_fan_out"] = c.transposed;
  if (c.rank > 0) {
    out["r"] = c.rank;
    out["bias"] = "none";
    out["lora_dropout"] = 0.0;
    const bool whole = c.alpha == std::floor(c.alpha) && c.alpha < 1e9;
    out["lora_alpha"] = c.alpha;
    if (whole) out["lora_alpha"] = static_cast<std::int64_t>(c.alpha);
    if (c.rslora) out["use_rslora"] = true;
    if (c.layers_to_transform) out["layers_to_transform"] = *c.layers_to_transform;
  }
  return out.dump(2, ' ', /*ensure_ascii=*/true) + '\n';
}

}  // namespace cleave
