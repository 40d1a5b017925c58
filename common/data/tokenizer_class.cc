#include "common/data/tokenizer_class.h"

#include <utility>
#include <vector>

#include "common/base/error.h"

namespace cleave {
namespace {

TokenizerClass class_named(const std::string& name) {
  for (const char* any : {"", "PreTrainedTokenizer", "TokenizersBackend"}) {
    if (name == any) return TokenizerClass::kAny;
  }
  for (const char* bert : {"BertTokenizer", "DistilBertTokenizer"}) {
    if (name == bert) return TokenizerClass::kBert;
  }
  if (name == "RobertaTokenizer") return TokenizerClass::kRoberta;
  if (name == "GPT2Tokenizer") return TokenizerClass::kGpt2;
  if (name == "LlamaTokenizer") return TokenizerClass::kLlama;
  throw DataError("tokenizer_config.json: tokenizer_class = \"" + name.substr(0, 60) +
                  "\" is a tokenizer that Cleave does not know; expected BertTokenizer, "
                  "RobertaTokenizer, GPT2Tokenizer, LlamaTokenizer or PreTrainedTokenizerFast");
}

}  // namespace

TokenizerClass class_of(const TokenizerSettings& settings, const TokenizerDocument* document) {
  const TokenizerClass named = class_named(settings.class_name);
  if (named == TokenizerClass::kLlama && document &&
      document->model == TokenizerDocument::Model::kByteBpe)
    return TokenizerClass::kAny;
  if (!settings.class_name.empty()) return named;
  if (settings.model_type == "bert" || settings.model_type == "distilbert")
    return TokenizerClass::kBert;
  if (settings.model_type == "roberta") return TokenizerClass::kRoberta;
  if (settings.model_type == "gpt2") return TokenizerClass::kGpt2;
  return TokenizerClass::kAny;
}

void add_defaults(TokenizerClass of, TokenizerSettings& settings) {
  std::vector<std::pair<const char*, const char*>> names;
  if (of == TokenizerClass::kBert) {
    names = {{"unk_token", "[UNK]"},
             {"sep_token", "[SEP]"},
             {"pad_token", "[PAD]"},
             {"cls_token", "[CLS]"},
             {"mask_token", "[MASK]"}};
  } else if (of == TokenizerClass::kRoberta) {
    names = {{"bos_token", "<s>"},    {"eos_token", "</s>"},  {"sep_token", "</s>"},
             {"cls_token", "<s>"},    {"unk_token", "<unk>"}, {"pad_token", "<pad>"},
             {"mask_token", "<mask>"}};
  } else if (of == TokenizerClass::kGpt2) {
    for (const char* key : {"unk_token", "bos_token", "eos_token"}) {
      names.emplace_back(key, "<|endoftext|>");
    }
  } else if (of == TokenizerClass::kLlama) {
    names = {{"unk_token", "<unk>"}, {"bos_token", "<s>"}, {"eos_token", "</s>"}};
  }
  for (const auto& [key, content] : names) settings.named.try_emplace(key, AddedToken{content});
}

}  // namespace cleave
