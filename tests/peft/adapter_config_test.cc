// adapter_config.json: what is read, what is ignored, and what is refused by name.
#include "common/peft/adapter_config.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/refusal.h"

namespace cleave::testing {
namespace {

using nlohmann::json;

json lora() {
  return {{"peft_type", "LORA"},
          {"task_type", "SEQ_CLS"},
          {"r", 4},
          {"lora_alpha", 8},
          {"target_modules", {"q", "v"}}};
}

AdapterConfig parse(const json& value) { return parse_adapter_config(value.dump(), "file.json"); }

std::string why_not(const json& value) {
  return refusal([&] { parse(value); });
}

json with(json value, const std::string& key, const json& item) {
  value[key] = item;
  return value;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(AdapterConfig, ReadsWhatALoraSays) {
  json value = lora();
  value["use_rslora"] = true;
  value["modules_to_save"] = {"score", "classifier", "score"};
  value["layers_to_transform"] = {2, 0};
  const AdapterConfig config = parse(value);
  EXPECT_EQ(config.rank, 4);
  EXPECT_EQ(config.alpha, 8);
  EXPECT_TRUE(config.rslora);
  EXPECT_EQ(config.target_modules, (std::vector<std::string>{"q", "v"}));
  EXPECT_EQ(config.modules_to_save, (std::vector<std::string>{"classifier", "score"}));
  EXPECT_EQ(config.layers_to_transform, (std::vector<std::int64_t>{0, 2}));
}

TEST(AdapterConfig, TellsAllLinearFromAPattern) {
  EXPECT_TRUE(parse(with(lora(), "target_modules", "all-linear")).all_linear);
  EXPECT_FALSE(parse(with(lora(), "target_modules", ".*query")).all_linear);
  EXPECT_TRUE(parse(with(lora(), "target_modules", ".*query")).target_modules.empty());
}

TEST(AdapterConfig, WhatIsSwitchedOffIsNoError) {
  json value = lora();
  for (const char* key : {"use_dora", "lora_bias"}) value[key] = false;
  for (const char* key : {"exclude_modules", "layer_replication", "some_new_config"}) {
    value[key] = nullptr;
  }
  for (const char* key : {"rank_pattern", "alpha_pattern"}) value[key] = json::object();
  value["bias"] = "none";
  value["init_lora_weights"] = "gaussian";
  EXPECT_NO_THROW(parse(value));
}

TEST(AdapterConfig, EveryKeyThatChangesTheFunctionIsRefusedByName) {
  const std::vector<std::pair<std::string, json>> changes = {
      {"use_dora", true},
      {"lora_bias", true},
      {"bias", "all"},
      {"rank_pattern", {{"q", 2}}},
      {"alpha_pattern", {{"q", 2}}},
      {"layer_replication", {{0, 2}}},
      {"use_qalora", true},
      {"trainable_token_indices", {1, 2}},
      {"target_parameters", {"a"}},
      {"some_new_switch", true},
      {"init_lora_weights", "pissa"},
      {"runtime_config", {{"ephemeral_gpu_offload", false}}}};
  for (const auto& [key, value] : changes) {
    EXPECT_TRUE(has(why_not(with(lora(), key, value)), key)) << key;
  }
}

TEST(AdapterConfig, ValuesThatMakeNoSenseAreRefusedByName) {
  const std::vector<std::pair<std::string, json>> wrong = {{"r", 0},
                                                           {"r", 1 << 30},
                                                           {"r", 2.5},
                                                           {"r", "4"},
                                                           {"lora_alpha", 0},
                                                           {"lora_alpha", -1},
                                                           {"use_rslora", "x"},
                                                           {"target_modules", 5},
                                                           {"task_type", 3},
                                                           {"task_type", "TOKEN_CLS"},
                                                           {"target_modules", {1, 2}},
                                                           {"layers_to_transform", {-1}}};
  for (const auto& [key, value] : wrong) {
    EXPECT_TRUE(has(why_not(with(lora(), key, value)), key)) << key << " " << value;
  }
  EXPECT_TRUE(has(why_not(with(lora(), "base_model_name_or_path", "\x1b[2J")), "control"));
  json without = lora();
  without.erase("r");
  EXPECT_TRUE(has(why_not(without), "\"r\" is missing"));
  const json prompt = {{"peft_type", "PROMPT_TUNING"}, {"num_virtual_tokens", 3}};
  EXPECT_TRUE(has(why_not(with(prompt, "num_transformer_submodules", 2)), "submodules"));
  EXPECT_TRUE(has(why_not(with(prompt, "num_virtual_tokens", -3)), "num_virtual_tokens"));
}

TEST(AdapterConfig, AnUnknownTypeIsRefusedWithTheNearest) {
  EXPECT_TRUE(has(why_not(with(lora(), "peft_type", "ADALORA")), "ADALORA"));
  EXPECT_TRUE(has(why_not({{"peft_type", "PREFIX_TUNNING"}}), "PREFIX_TUNING"));
  EXPECT_TRUE(has(why_not(json::object()), "peft_type"));
}

TEST(AdapterConfig, KeysThatAskForCodeAreRefusedAtAnyDepth) {
  EXPECT_TRUE(has(why_not(with(lora(), "auto_map", {{"AutoModel", "x.Y"}})), "runs none"));
  const json hidden = {{"peft_type", "PROMPT_TUNING"},
                       {"num_virtual_tokens", 3},
                       {"tokenizer_kwargs", {{"trust_remote_code", true}}}};
  EXPECT_TRUE(has(why_not(hidden), "trust_remote_code"));
}

TEST(AdapterConfig, WhatIsNoPlainJsonObjectIsRefused) {
  const auto says = [](const std::string& text) {
    return refusal([&] { parse_adapter_config(text, "file.json"); });
  };
  EXPECT_TRUE(has(says(R"({"peft_type": "LORA", "r": 4, "r": 8})"), "\"r\" twice"));
  EXPECT_TRUE(has(says("[1]"), "object"));
  EXPECT_TRUE(has(says("{"), "not valid JSON"));
  EXPECT_TRUE(has(says("{\"peft_type\": \"\xff\"}"), "not valid JSON"));
  EXPECT_TRUE(has(says(R"({"r": NaN})"), "not valid JSON"));
  EXPECT_TRUE(
      has(says("{\"a\":" + std::string(5000, '[') + std::string(5000, ']') + "}"), "deeper"));
}

TEST(AdapterConfig, WhatIsWrittenIsReadBack) {
  AdapterConfig config;
  config.peft_type = "LORA";
  config.task_type = "SEQ_CLS";
  config.base_model = "models/\"odd\"";
  config.modules_to_save = {"classifier"};
  config.target_modules = {"key", "query"};
  config.layers_to_transform = std::vector<std::int64_t>{0, 1};
  config.rank = 8;
  config.alpha = 16.5;
  config.rslora = true;
  EXPECT_EQ(parse_adapter_config(adapter_config_json(config), "x"), config);
  AdapterConfig prefix;
  prefix.peft_type = "PREFIX_TUNING";
  prefix.virtual_tokens = 4;
  prefix.token_dim = 16;
  prefix.layers = 2;
  prefix.heads = 2;
  EXPECT_EQ(parse_adapter_config(adapter_config_json(prefix), "x"), prefix);
}

}  // namespace
}  // namespace cleave::testing
