// A config.json is read whole: each key is honoured, known to be harmless, or refused by name.
#include "common/model/model_config.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/model/activation.h"
#include "common/model/architecture.h"
#include "common/model/config_fields.h"
#include "tests/support/golden.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace cleave::testing {
namespace {

// Why a folder with this config.json is refused.
std::string refused_config(const std::string& text) {
  const TemporaryFolder folder;
  write_atomically(folder / "config.json", text);
  const std::string why = refusal([&] { load_model_config(folder.path()); });
  EXPECT_EQ(why.find((folder / "config.json").string()), 0u) << why;
  return why;
}

TEST(ModelConfig, RefusesARequestToRunCodeOfTheFolderWithWhatToDo) {
  const std::string why =
      refused_config(R"({"model_type": "bert", "auto_map": {"AutoModel": "modeling.Mine"}})");
  EXPECT_NE(why.find("\"auto_map\" asks to run code"), std::string::npos) << why;
  EXPECT_NE(why.find("remove it where the model does without"), std::string::npos) << why;
}

TEST(ModelConfig, RefusesAKeyThatIsThereTwiceByItsName) {
  EXPECT_NE(refused_config(R"({"hidden_size": 32, "layers": 4, "hidden_size": 64})")
                .find("\"hidden_size\" twice"),
            std::string::npos);
  EXPECT_NE(refused_config(R"({"id2label": {"0": "no", "0": "yes"}})").find("\"0\" twice"),
            std::string::npos);
}

TEST(ModelConfig, SaysWhatIsNoJsonObject) {
  EXPECT_NE(refused_config("{\"hidden_size\": ").find("not valid JSON"), std::string::npos);
  EXPECT_NE(refused_config("[1]").find("does not hold a JSON object"), std::string::npos);
}

TEST(ModelConfig, TakesTheConfigurationsThatTransformersWrites) {
  for (const char* name : {"bert", "gpt2", "llama", "roberta", "vit"}) {
    EXPECT_EQ(load_model_config(golden_folder() / "tiny" / name).model_type, name);
  }
}

using nlohmann::json;

json tiny_config(const std::string& name) {
  return json::parse(read_file(golden_folder() / "tiny" / name / "config.json", 1 << 20));
}

// The tiny model's configuration with some keys changed; null removes one.
json changed(const std::string& name, const json& change) {
  json config = tiny_config(name);
  for (const auto& [key, value] : change.items()) {
    config.erase(key);
    if (!value.is_null()) config[key] = value;
  }
  return config;
}

ModelConfig config_of(const json& config) {
  const TemporaryFolder folder;
  write_atomically(folder / "config.json", config.dump());
  return load_model_config(folder.path());
}

struct Refused {
  const char* model;
  json change;
  const char* named;
};

TEST(ModelConfig, WhatWouldChangeTheLogitsIsRefusedByFileAndKey) {
  const Refused cases[] = {
      {"bert", {{"is_decoder", true}}, "is_decoder"},
      {"bert", {{"add_cross_attention", true}}, "add_cross_attention"},
      {"bert", {{"position_embedding_type", "relative_key"}}, "position_embedding_type"},
      {"bert", {{"hidden_act", "mish"}}, "hidden_act"},
      {"bert", {{"layer_norm_eps", -1e-5}}, "layer_norm_eps"},
      {"bert", {{"layer_norm_position", "pre"}}, "layer_norm_position"},
      {"bert", {{"pruned_heads", {{"0", {1}}}}}, "pruned_heads"},
      {"bert", {{"problem_type", "regression"}}, "problem_type"},
      {"bert", {{"problem_type", "multi_label_classification"}}, "problem_type"},
      {"bert", {{"id2label", {{"0", "score"}}}}, "id2label"},
      {"bert", {{"num_labels", 1}}, "num_labels"},
      {"bert", {{"id2label", {{"1", "yes"}, {"2", "no"}}}}, "id2label"},
      {"bert", {{"architectures", {"BertForTokenClassification"}}}, "architectures"},
      {"bert", {{"architectures", {"RobertaForSequenceClassification"}}}, "architectures"},
      {"bert", {{"quantization_config", {{"quant_method", "gptq"}}}}, "quantization_config"},
      {"roberta", {{"pad_token_id", 33}}, "pad_token_id"},
      {"roberta", {{"pad_token_id", -1}}, "pad_token_id"},
      {"vit", {{"head_dim", 4}}, "head_dim"},
      {"vit", {{"image_size", {32, 64}}}, "image_size"},
      {"vit", {{"patch_size", 7}}, "patch_size"},
      {"vit", {{"num_register_tokens", 4}}, "num_register_tokens"},
      {"gpt2", {{"scale_attn_weights", false}}, "scale_attn_weights"},
      {"gpt2", {{"scale_attn_by_inverse_layer_idx", true}}, "scale_attn_by_inverse_layer_idx"},
      {"gpt2", {{"hidden_size", 64}}, "hidden_size"},
      {"gpt2", {{"architectures", {"GPT2ForQuestionAnswering"}}}, "architectures"},
      {"llama", {{"rope_parameters", {{"rope_type", "linear"}}}}, "rope_parameters.rope_type"},
      {"llama", {{"rope_parameters", {{"type", "dynamic"}}}}, "rope_parameters.type"},
      {"llama",
       {{"rope_parameters", nullptr}, {"rope_scaling", {{"type", "linear"}, {"factor", 2.0}}}},
       "rope_scaling.type"},
      {"llama",
       {{"rope_parameters", {{"rope_type", "default"}, {"factor", 2.0}}}},
       "rope_parameters.factor"},
      {"llama", {{"rope_scaling", {{"type", "default"}}}}, "rope_scaling"},
      {"llama", {{"partial_rotary_factor", 0.5}}, "partial_rotary_factor"},
      {"llama", {{"rope_parameters", {{"rope_theta", 0}}}}, "rope_theta"},
      {"llama", {{"head_dim", 7}}, "head_dim"},
      {"llama", {{"sliding_window", 16}}, "sliding_window"},
      {"llama", {{"text_config", {{"hidden_size", 32}}}}, "text_config"},
      {"llama", {{"attention_bias", "yes"}}, "attention_bias"},
      {"llama", {{"pad_token_id", "<pad>"}}, "pad_token_id"},
  };
  for (const Refused& c : cases) {
    SCOPED_TRACE(std::string(c.model) + " " + c.change.dump());
    const std::string why = refusal([&] { config_of(changed(c.model, c.change)); });
    EXPECT_NE(why.find("config.json: "), std::string::npos) << why;
    EXPECT_NE(why.find(c.named), std::string::npos) << why;
  }
}

TEST(ModelConfig, WhatChangesNothingIsTaken) {
  const std::pair<const char*, json> cases[] = {
      {"bert", {{"is_decoder", false}, {"chunk_size_feed_forward", 4}, {"use_cache", false}}},
      {"bert", {{"_name_or_path", "x"}, {"torch_dtype", "float16"}, {"num_beams", 4}}},
      {"bert", {{"architectures", {"BertForMaskedLM"}}, {"id2label", {{"0", "LABEL_0"}}}}},
      {"bert", {{"problem_type", "single_label_classification"}, {"pruned_heads", json::object()}}},
      {"bert", {{"directionality", "bidi"}, {"pooler_type", "first_token_transform"}}},
      {"vit", {{"image_size", {32, 32}}, {"pooler_act", "relu"}, {"encoder_stride", 8}}},
      {"gpt2", {{"n_ctx", 32}, {"reorder_and_upcast_attn", true}, {"_num_labels", 1}}},
      {"llama", {{"pretraining_tp", 2}, {"rope_scaling", json()}, {"partial_rotary_factor", 1.0}}},
  };
  for (const auto& [name, change] : cases) {
    EXPECT_EQ(refusal([&] { config_of(changed(name, change)); }), "") << change.dump();
  }
}

TEST(ModelConfig, KeysThatAreAbsentHaveTransformersDefaults) {
  const auto without = [](const char* name, std::vector<std::string> keys) {
    json change = json::object();
    for (const std::string& key : keys) change[key] = nullptr;
    return config_of(changed(name, change));
  };
  const ModelConfig bert = without("bert", {"layer_norm_eps", "type_vocab_size", "vocab_size",
                                            "hidden_act", "max_position_embeddings"});
  EXPECT_EQ(bert.norm_eps, 1e-12);
  EXPECT_EQ(bert.token_types, 2);
  EXPECT_EQ(bert.vocabulary, 30522);
  EXPECT_EQ(bert.positions, 512);
  const ModelConfig roberta = without("roberta", {"pad_token_id", "vocab_size"});
  EXPECT_EQ(roberta.first_position, 2);
  EXPECT_EQ(roberta.vocabulary, 50265);
  const ModelConfig gpt2 = without("gpt2", {"layer_norm_epsilon", "activation_function"});
  EXPECT_EQ(gpt2.norm_eps, 1e-5);
  EXPECT_EQ(gpt2.activation, Activation::kGeluTanh);
  EXPECT_TRUE(without("gpt2", {"tie_word_embeddings"}).tied);
  EXPECT_EQ(without("vit", {"patch_size"}).patch_size, 16);
  const ModelConfig llama =
      without("llama", {"rms_norm_eps", "rope_parameters", "tie_word_embeddings", "hidden_act",
                        "num_key_value_heads"});
  EXPECT_EQ(llama.norm_eps, 1e-6);
  EXPECT_EQ(llama.rope_theta, 10'000);
  EXPECT_EQ(llama.kv_heads, llama.heads);
  EXPECT_EQ(llama.activation, Activation::kSilu);
  EXPECT_FALSE(llama.tied);
}

TEST(ModelConfig, PaddingEndsTheTextsOfThoseWhoReadTheLastRow) {
  const auto ending = [](const char* name, json id, Pool pool) {
    const ModelConfig config = config_of(changed(name, {{"pad_token_id", std::move(id)}}));
    return unread_ending(config, find_architecture(name), pool);
  };
  for (const char* causal : {"gpt2", "llama"}) {
    EXPECT_EQ(ending(causal, 7, Pool::kPooler), 7) << causal;
    EXPECT_EQ(ending(causal, 7, Pool::kLast), 7) << causal;
    EXPECT_EQ(ending(causal, 7, Pool::kMean), std::nullopt) << causal;
    EXPECT_EQ(ending(causal, 7, Pool::kEveryRow), std::nullopt) << causal;
    EXPECT_EQ(ending(causal, -1, Pool::kPooler), std::nullopt) << causal;
    EXPECT_EQ(ending(causal, nullptr, Pool::kPooler), std::nullopt) << causal;
  }
  EXPECT_EQ(ending("bert", 0, Pool::kPooler), std::nullopt);
  EXPECT_EQ(ending("bert", 0, Pool::kLast), std::nullopt);
}

TEST(ModelConfig, TheBaseOfTheAnglesIsReadInEveryPlaceAndName) {
  const json by_place[] = {
      {{"rope_parameters", {{"rope_theta", 500.0}}}},
      {{"rope_parameters", {{"rope_theta", 500.0}, {"type", "default"}}}, {"rope_theta", 7.0}},
      {{"rope_parameters", {{"rope_type", "default"}}}, {"rope_theta", 500.0}},
      {{"rope_parameters", nullptr}, {"rope_theta", 500.0}},
      {{"rope_parameters", nullptr}, {"rope_scaling", {{"type", "default"}}}, {"rope_theta", 500}},
  };
  for (const json& change : by_place) {
    EXPECT_EQ(config_of(changed("llama", change)).rope_theta, 500) << change.dump();
  }
}

TEST(ModelConfig, NamesOfOneActivationAreOneAndAnotherChangesTheModelsLines) {
  for (const char* name : {"gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_accurate"}) {
    const ModelConfig config = config_of(changed("bert", {{"hidden_act", name}}));
    EXPECT_EQ(config.activation, Activation::kGeluTanh) << name;
  }
  EXPECT_EQ(config_of(changed("bert", {{"hidden_act", "gelu_python"}})).activation,
            Activation::kGelu);
  EXPECT_EQ(config_of(changed("llama", {{"hidden_act", "swish"}})).activation, Activation::kSilu);
  const auto lines = [](const char* model, const json& change) {
    return architecture_lines(config_of(changed(model, change)));
  };
  EXPECT_NE(lines("bert", {{"hidden_act", "relu"}}), lines("bert", json::object()));
  EXPECT_EQ(lines("bert", {{"hidden_act", "gelu_python"}}), lines("bert", json::object()));
  EXPECT_NE(lines("roberta", {{"pad_token_id", 0}}), lines("roberta", json::object()));
  EXPECT_NE(lines("llama", {{"head_dim", 16}}), lines("llama", json::object()));
  EXPECT_NE(lines("llama", {{"rope_theta", 7.0}, {"rope_parameters", nullptr}}),
            lines("llama", json::object()));
}

TEST(ModelConfig, ClassesThatAreOnlyCountedAreNamedAsTransformersDoes) {
  const std::vector<std::string> expected = {"LABEL_0", "LABEL_1", "LABEL_2"};
  EXPECT_EQ(config_of(changed("bert", {{"num_labels", 3}})).labels, expected);
  EXPECT_TRUE(config_of(changed("gpt2", {{"num_labels", 1}})).labels.empty());
}

}  // namespace
}  // namespace cleave::testing
