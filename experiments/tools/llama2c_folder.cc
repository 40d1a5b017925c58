#include "experiments/tools/llama2c_folder.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/vocabulary.h"
#include "common/model/rotary.h"
#include "common/tuning/state.h"
#include "experiments/tools/llama2c_tokenizer.h"

namespace cleave {
namespace {

using at::Tensor;
using nlohmann::json;

// By llama2.c's names.
class Weights {
 public:
  explicit Weights(const fs::path& file) : file_(file) {
    for (auto& [name, tensor] : load_state(file).state.tensors) tensors_.emplace(name, tensor);
  }
  std::int64_t layers() const {
    std::int64_t count = 0;
    while (tensors_.contains(layer(count) + "wq.weight")) ++count;
    return count;
  }
  static std::string layer(std::int64_t i) { return "layers." + std::to_string(i) + "."; }
  // Of `dimensions`; errors: DataError.
  Tensor take(const std::string& name, std::int64_t dimensions) const {
    const auto found = tensors_.find(name + ".weight");
    if (found == tensors_.end() || found->second.dim() != dimensions) {
      throw DataError(file_.string() + " has no " + name + ".weight of llama2.c's shape");
    }
    return found->second;
  }

 private:
  fs::path file_;
  std::map<std::string, Tensor> tensors_;
};

State renamed(const Weights& weights, std::int64_t heads, std::int64_t kv_heads) {
  State out;
  out.add("model.embed_tokens.weight", weights.take("tok_embeddings", 2));
  out.add("model.norm.weight", weights.take("norm", 1));
  for (std::int64_t i = 0; i < weights.layers(); ++i) {
    const std::string from = Weights::layer(i), to = "model." + from;
    const auto matrix = [&](const char* name) { return weights.take(from + name, 2); };
    out.add(to + "input_layernorm.weight", weights.take(from + "attention_norm", 1));
    out.add(to + "self_attn.q_proj.weight", half_split(matrix("wq"), heads));
    out.add(to + "self_attn.k_proj.weight", half_split(matrix("wk"), kv_heads));
    out.add(to + "self_attn.v_proj.weight", matrix("wv"));
    out.add(to + "self_attn.o_proj.weight", matrix("wo"));
    out.add(to + "post_attention_layernorm.weight", weights.take(from + "ffn_norm", 1));
    out.add(to + "mlp.gate_proj.weight", matrix("w1"));
    out.add(to + "mlp.up_proj.weight", matrix("w3"));
    out.add(to + "mlp.down_proj.weight", matrix("w2"));
  }
  return out;
}

// Heads of keys and values, from the rows of their projections.
std::int64_t kv_heads_of(const Weights& weights, std::int64_t heads) {
  const std::int64_t hidden = weights.take("tok_embeddings", 2).size(1);
  if (heads < 1 || hidden % heads != 0 || hidden / heads % 2 != 0 || weights.layers() == 0) {
    throw DataError("a width of " + std::to_string(hidden) + " is not that of " +
                    std::to_string(heads) + " heads with rotary positions");
  }
  return weights.take("layers.0.wk", 2).size(0) / (hidden / heads);
}

}  // namespace

void write_hugging_face_folder(const Llama2c& source, const fs::path& out) {
  const Weights weights(source.weights);
  const std::int64_t kv_heads = kv_heads_of(weights, source.heads);
  const Tensor words = weights.take("tok_embeddings", 2);
  const SentencePieceModel tokenizer =
      parse_llama2c_tokenizer(read_file(source.tokenizer, kMaxTokenizerBytes));
  if (static_cast<std::int64_t>(tokenizer.pieces.size()) != words.size(0)) {
    throw DataError(source.tokenizer.string() + " has " + std::to_string(tokenizer.pieces.size()) +
                    " pieces, and the model " + std::to_string(words.size(0)) + " words");
  }
  if (fs::exists(out) && !fs::is_empty(out)) throw UsageError(out.string() + " is not empty");
  const json config = {{"model_type", "llama"},
                       {"vocab_size", words.size(0)},
                       {"hidden_size", words.size(1)},
                       {"intermediate_size", weights.take("layers.0.w1", 2).size(0)},
                       {"num_hidden_layers", weights.layers()},
                       {"num_attention_heads", source.heads},
                       {"num_key_value_heads", kv_heads},
                       {"max_position_embeddings", source.positions},
                       {"hidden_act", "silu"},
                       {"rms_norm_eps", 1e-5},
                       {"rope_theta", 10'000.0},
                       {"tie_word_embeddings", true},
                       {"bos_token_id", 1},
                       {"eos_token_id", 2}};
  make_folder(out);
  save_state(out / "model.safetensors", renamed(weights, source.heads, kv_heads),
             {{"format", "pt"}});
  write_atomically(out / "tokenizer.model", write_sentence_pieces(tokenizer));
  write_atomically(
      out / "tokenizer_config.json",
      json{{"tokenizer_class", "LlamaTokenizer"}, {"add_bos_token", true}, {"add_eos_token", false}}
          .dump(2));
  write_atomically(out / "config.json", config.dump(2));
}

}  // namespace cleave
