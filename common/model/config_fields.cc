#include "common/model/config_fields.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/files.h"

namespace cleave {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxBytes = 16 << 20;
constexpr std::int64_t kMaxIndex = 1 << 24;
constexpr std::int64_t kMaxLabels = 100'000;

// What follows a family's name in the classes whose folders hold its backbone and no output layer
// that one of another task could be taken for.
constexpr std::string_view kHarmlessClasses[] = {"Model",
                                                 "ForPreTraining",
                                                 "ForMaskedLM",
                                                 "LMHeadModel",
                                                 "ForCausalLM",
                                                 "ForNextSentencePrediction",
                                                 "DoubleHeadsModel",
                                                 "ForMaskedImageModeling"};

bool is_harmless_class(std::string_view name, std::string_view family) {
  if (name.substr(0, family.size()) != family) return false;
  name.remove_prefix(family.size());
  return std::find(std::begin(kHarmlessClasses), std::end(kHarmlessClasses), name) !=
         std::end(kHarmlessClasses);
}

// Whether the folder is of the task class.
bool read_classes(JsonFields& config, std::string_view task_class) {
  if (!config.has("architectures")) return false;
  const std::string_view family = task_class.substr(0, task_class.find("For"));
  bool classifies = false;
  for (const std::string& name : config.names("architectures")) {
    if (name == task_class) {
      classifies = true;
    } else if (!is_harmless_class(name, family)) {
      config.bad("architectures",
                 std::string(task_class) + ", " + std::string(family) +
                     "Model or one of its pretraining classes, since the output layer of another "
                     "task would be taken for a classifier; save the model without that layer "
                     "(" +
                     std::string(family) + "Model), or correct the key");
    }
  }
  return classifies;
}

std::vector<std::string> named_labels(JsonFields& config) {
  const json& map = config.value("id2label");
  if (!map.is_object()) config.bad("id2label", "an object");
  std::vector<std::string> out;
  for (std::size_t i = 0; i < map.size(); ++i) {
    const auto found = map.find(std::to_string(i));
    if (found == map.end() || !found->is_string()) {
      config.bad("id2label", "names for 0, 1, 2, ...");
    }
    out.push_back(found->get<std::string>());
  }
  return out;
}

std::vector<std::string> numbered_labels(JsonFields& config) {
  std::vector<std::string> out;
  const std::int64_t count = config.size("num_labels");
  if (count > kMaxLabels) config.bad("num_labels", "at most 100000");
  for (std::int64_t i = 0; i < count; ++i) out.push_back("LABEL_" + std::to_string(i));
  return out;
}

// Where a model came from, how it was trained, how it is run or saved.
constexpr const char* kHarmless[] = {
    "_name_or_path", "name_or_path", "_commit_hash", "transformers_version", "torch_dtype", "dtype",
    "model_type", "finetuning_task", "task_specific_params", "tokenizer_class", "prefix",
    "initializer_range", "initializer_factor", "gradient_checkpointing", "return_dict",
    "use_return_dict", "output_attentions", "output_hidden_states", "output_past", "torchscript",
    "use_bfloat16", "tf_legacy_loss", "chunk_size_feed_forward", "attn_implementation",
    "_attn_implementation", "_attn_implementation_autoset", "_attn_implementation_internal",
    "experts_implementation", "_num_labels", "num_labels", "label2id", "sentence_transformers",
    "sbert_ce_default_activation_function", "transformers.js_config", "unsloth_fixed",
    "unsloth_version", "tie_last_hidden_states", "tie_encoder_decoder",
    "cross_attention_hidden_size",
    // Tokens that tokenizers put there.
    "bos_token_id", "sep_token_id", "cls_token_id", "mask_token_id", "unk_token_id",
    "decoder_start_token_id",
    // Continuing texts.
    "use_cache", "do_sample", "early_stopping", "num_beams", "num_beam_groups", "max_length",
    "max_new_tokens", "max_time", "min_length", "min_new_tokens", "temperature", "top_k", "top_p",
    "top_h", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff", "diversity_penalty",
    "repetition_penalty", "encoder_repetition_penalty", "length_penalty", "no_repeat_ngram_size",
    "encoder_no_repeat_ngram_size", "bad_words_ids", "force_words_ids", "constraints",
    "renormalize_logits", "forced_bos_token_id", "forced_eos_token_id", "remove_invalid_values",
    "exponential_decay_length_penalty", "suppress_tokens", "begin_suppress_tokens", "sequence_bias",
    "token_healing", "guidance_scale", "watermarking_config", "penalty_alpha", "dola_layers",
    "low_memory", "stop_strings", "num_return_sequences", "output_scores", "output_logits",
    "return_dict_in_generate", "cache_implementation", "cache_config", "max_cache_len",
    "prompt_lookup_num_tokens", "generation_config"};

}  // namespace

JsonFields open_config(const fs::path& file) {
  return JsonFields(read_file(file, kMaxBytes), file.string(), "model");
}

std::int64_t size_or(JsonFields& config, const std::string& key, std::int64_t fallback) {
  return config.has(key) ? config.size(key) : fallback;
}

std::int64_t index_or(JsonFields& config, const std::string& key, std::int64_t fallback) {
  if (!config.has(key)) return fallback;
  const json& value = config.value(key);
  if (!value.is_number_integer() || value < 0 || value > kMaxIndex) {
    config.bad(key, "an integer that is not negative");
  }
  return value.get<std::int64_t>();
}

double number_or(JsonFields& config, const std::string& key, double fallback) {
  if (!config.has(key)) return fallback;
  const double value = config.number(key);
  if (!(value >= 0)) config.bad(key, "a number that is not negative");
  return value;
}

std::int64_t side_or(JsonFields& config, const std::string& key, std::int64_t fallback) {
  if (!config.has(key)) return fallback;
  const json value = config.value(key);
  if (!value.is_array()) return config.size(key);
  const bool square = value.size() == 2 && value[0] == value[1] && value[0].is_number_integer() &&
                      value[0] >= 1 && value[0] <= kMaxIndex;
  if (!square) config.bad(key, "one positive integer, or twice the same: squares only");
  return value[0].get<std::int64_t>();
}

std::int64_t size_or(JsonFields& config, const std::string& key, const std::string& other,
                     std::int64_t fallback) {
  const std::int64_t first = size_or(config, key, size_or(config, other, fallback));
  if (size_or(config, other, first) != first) config.bad(other, "what " + key + " says");
  return first;
}

std::vector<std::string> read_labels(JsonFields& config, std::string_view task_class) {
  const bool classifies = read_classes(config, task_class);
  config.expect("problem_type", "single_label_classification");
  std::vector<std::string> out;
  if (config.has("id2label")) {
    out = named_labels(config);
  } else if (classifies && config.has("num_labels")) {
    out = numbered_labels(config);
  }
  if (out.size() == 1 && classifies) {
    config.bad(config.has("id2label") ? "id2label" : "num_labels",
               "two classes or more, since one is a regression; save the model without its "
               "classifier, or name the classes that it is to be trained for");
  }
  // A language model's file names one class for nothing.
  return out.size() == 1 ? std::vector<std::string>() : out;
}

void ignore_harmless(JsonFields& config) {
  config.ignore({std::begin(kHarmless), std::end(kHarmless)});
}

}  // namespace cleave
