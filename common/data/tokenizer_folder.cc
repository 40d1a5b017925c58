// load_tokenizer: which class of transformers opens a folder, what that class makes of its files,
// and that no two of them contradict each other.
#include <algorithm>
#include <functional>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/byte_bpe.h"
#include "common/data/merges_file.h"
#include "common/data/sentence_piece/sentence_piece.h"
#include "common/data/tokenizer_document.h"
#include "common/data/tokenizer_settings.h"

namespace cleave {
namespace {

using Model = TokenizerDocument::Model;

// Those of transformers that build a tokenizer of their own from the files' vocabulary, and the
// one that takes tokenizer.json as it is.
enum class Class { kAny, kBert, kRoberta, kGpt2, kLlama };

Class class_named(const std::string& name) {
  for (const char* any : {"", "PreTrainedTokenizer", "TokenizersBackend"}) {
    if (name == any) return Class::kAny;
  }
  for (const char* bert : {"BertTokenizer", "DistilBertTokenizer"}) {
    if (name == bert) return Class::kBert;
  }
  if (name == "RobertaTokenizer") return Class::kRoberta;
  if (name == "GPT2Tokenizer") return Class::kGpt2;
  if (name == "LlamaTokenizer") return Class::kLlama;
  throw DataError("tokenizer_config.json: tokenizer_class = \"" + name.substr(0, 60) +
                  "\" is a tokenizer that Cleave does not know; expected BertTokenizer, "
                  "RobertaTokenizer, GPT2Tokenizer, LlamaTokenizer or PreTrainedTokenizerFast");
}

Class class_of(const TokenizerSettings& settings, const TokenizerDocument* document) {
  const Class named = class_named(settings.class_name);
  if (named == Class::kLlama && document && document->model == Model::kByteBpe) return Class::kAny;
  if (!settings.class_name.empty()) return named;
  if (settings.model_type == "bert" || settings.model_type == "distilbert") return Class::kBert;
  if (settings.model_type == "roberta") return Class::kRoberta;
  if (settings.model_type == "gpt2") return Class::kGpt2;
  return Class::kAny;
}

[[noreturn]] void contradict(const std::string& in_document, const std::string& in_config) {
  throw DataError("tokenizer.json: " + in_document + ", but tokenizer_config.json: " + in_config +
                  "; make the two say the same");
}

std::string said(const std::optional<bool>& value) {
  return !value ? "null" : *value ? "true" : "false";
}

// The special tokens that a class has unless a file names others.
void add_defaults(Class of, TokenizerSettings& settings) {
  std::vector<std::pair<const char*, const char*>> names;
  if (of == Class::kBert) {
    names = {{"unk_token", "[UNK]"},
             {"sep_token", "[SEP]"},
             {"pad_token", "[PAD]"},
             {"cls_token", "[CLS]"},
             {"mask_token", "[MASK]"}};
  } else if (of == Class::kRoberta) {
    names = {{"bos_token", "<s>"},    {"eos_token", "</s>"},  {"sep_token", "</s>"},
             {"cls_token", "<s>"},    {"unk_token", "<unk>"}, {"pad_token", "<pad>"},
             {"mask_token", "<mask>"}};
  } else if (of == Class::kGpt2) {
    for (const char* key : {"unk_token", "bos_token", "eos_token"}) {
      names.emplace_back(key, "<|endoftext|>");
    }
  } else if (of == Class::kLlama) {
    names = {{"unk_token", "<unk>"}, {"bos_token", "<s>"}, {"eos_token", "</s>"}};
  }
  for (const auto& [key, content] : names) settings.named.try_emplace(key, AddedToken{content});
}

// The added tokens in the order in which transformers adds them, each with its id.
std::vector<AddedToken> added_tokens(const TokenizerSettings& settings,
                                     const TokenizerDocument* document, Class of,
                                     const Vocabulary& vocabulary) {
  std::vector<AddedToken> out;
  std::int32_t next = static_cast<std::int32_t>(vocabulary.size());
  const auto find = [&](const std::vector<AddedToken>& in, const std::string& content) {
    return std::find_if(in.begin(), in.end(),
                        [&](const AddedToken& token) { return token.content == content; });
  };
  const auto add = [&](AddedToken token, bool has_id) {
    const auto before = find(out, token.content);
    if (before != out.end()) {
      if (!has_id || *before == token) return;
      throw DataError("the added token \"" + token.content.substr(0, 40) +
                      "\" is another one in tokenizer_config.json than in tokenizer.json; make "
                      "the two say the same");
    }
    const auto known = vocabulary.find(token.content);
    const std::int32_t id = known != vocabulary.end() ? known->second : next;
    if (known == vocabulary.end()) ++next;
    if (has_id && token.id != id) {
      throw DataError("the added token \"" + token.content.substr(0, 40) + "\" has the id " +
                      std::to_string(token.id) + " in a file, but " + std::to_string(id) +
                      " by the vocabulary");
    }
    token.id = id;
    out.push_back(std::move(token));
  };
  const bool ours = document && (of == Class::kAny || !settings.has_decoder);
  if (ours) {
    for (const AddedToken& token : document->added) add(token, true);
  }
  for (const AddedToken& token : settings.added) add(token, true);
  if (document && !ours) {
    for (const AddedToken& token : document->added) {
      const auto same = find(settings.added, token.content);
      if (same == settings.added.end() || !(*same == token)) {
        throw DataError("tokenizer.json: added_tokens: \"" + token.content.substr(0, 40) +
                        "\" is not so in added_tokens_decoder of tokenizer_config.json; make the "
                        "two say the same");
      }
    }
  }
  for (const char* key : {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token",
                          "cls_token", "mask_token"}) {
    const auto named = settings.named.find(key);
    if (named != settings.named.end()) add(named->second, false);
  }
  for (const AddedToken& token : settings.extra) add(token, false);
  return out;
}

std::int32_t id_of(const std::vector<AddedToken>& added, const TokenizerSettings& settings,
                   const std::string& key) {
  const auto named = settings.named.find(key);
  if (named == settings.named.end()) {
    throw DataError("tokenizer_config.json: " + key + " is missing, which is to be added");
  }
  const auto found = std::find_if(added.begin(), added.end(), [&](const AddedToken& token) {
    return token.content == named->second.content;
  });
  CLEAVE_CHECK(found != added.end());
  return found->id;
}

// What a class puts around a text, whatever tokenizer.json says; none: that it has no say.
std::optional<TokenFrame> frame_of(Class of, const std::vector<AddedToken>& added,
                                   const TokenizerSettings& settings) {
  const auto id = [&](const char* key) { return id_of(added, settings, key); };
  if (of == Class::kBert) return bert_frame(id("cls_token"), id("sep_token"));
  if (of == Class::kRoberta) return roberta_frame(id("cls_token"), id("sep_token"));
  return std::nullopt;
}

bool holds(const TokenFrame& frame, const std::vector<AddedToken>& added,
           const TokenizerSettings& settings, const char* key, bool front) {
  const auto named = settings.named.find(key);
  const TokenFrame::Part& part = front ? frame.single.front() : frame.single.back();
  return named != settings.named.end() && part.kind == TokenFrame::Part::Kind::kSpecial &&
         part.id == id_of(added, settings, key);
}

// The frame, which in a folder with tokenizer.json is that file's.
TokenFrame whole_frame(Class of, const TokenizerDocument* document,
                       const std::vector<AddedToken>& added, const TokenizerSettings& settings) {
  const auto fixed = frame_of(of, added, settings);
  TokenFrame frame;
  if (document) {
    frame = document->frame.value_or(TokenFrame{});
    if (fixed && frame != *fixed) {
      contradict("post_processor", "cls_token and sep_token with the tokenizer_class");
    }
    if (!fixed && settings.add_begin &&
        *settings.add_begin != holds(frame, added, settings, "bos_token", true)) {
      contradict("post_processor", "add_bos_token = " + said(settings.add_begin));
    }
    if (!fixed && settings.add_end &&
        *settings.add_end != holds(frame, added, settings, "eos_token", false)) {
      contradict("post_processor", "add_eos_token = " + said(settings.add_end));
    }
    frame.cut_front = document->cut_front;
  } else if (fixed) {
    frame = *fixed;
  } else {
    std::optional<std::int32_t> begin, end;
    if (settings.add_begin.value_or(false)) begin = id_of(added, settings, "bos_token");
    if (settings.add_end.value_or(false)) end = id_of(added, settings, "eos_token");
    frame = ends_frame(begin, end);
  }
  if (settings.cut_front) frame.cut_front = *settings.cut_front;
  return frame;
}

// --- WordPiece ---

WordPieceOptions wordpiece_options(const TokenizerSettings& settings) {
  WordPieceOptions options;
  options.lower_case = settings.lower_case.value_or(true);
  options.strip_accents = settings.strip_accents;
  options.split_cjk = settings.split_cjk.value_or(true);
  options.unknown = settings.named.at("unk_token").content;
  return options;
}

void check_wordpiece(const WordPieceOptions& in_document, const WordPieceOptions& in_config) {
  const auto flag = [](bool value) { return said(value); };
  if (in_document.lower_case != in_config.lower_case) {
    contradict("normalizer.lowercase = " + flag(in_document.lower_case),
               "do_lower_case = " + flag(in_config.lower_case) + " (true where it is missing)");
  }
  if (in_document.strip_accents.value_or(in_document.lower_case) !=
      in_config.strip_accents.value_or(in_config.lower_case)) {
    contradict("normalizer.strip_accents = " + said(in_document.strip_accents),
               "strip_accents = " + said(in_config.strip_accents));
  }
  if (in_document.split_cjk != in_config.split_cjk) {
    contradict(
        "normalizer.handle_chinese_chars = " + flag(in_document.split_cjk),
        "tokenize_chinese_chars = " + flag(in_config.split_cjk) + " (true where it is missing)");
  }
  if (in_document.unknown != in_config.unknown) {
    contradict("model.unk_token = \"" + in_document.unknown.substr(0, 40) + "\"",
               "unk_token = \"" + in_config.unknown.substr(0, 40) + "\"");
  }
  if (in_document.continuation != in_config.continuation ||
      in_document.longest_word != in_config.longest_word) {
    throw DataError(
        "tokenizer.json: model.continuing_subword_prefix or max_input_chars_per_word "
        "is not \"##\" and 100, which BertTokenizer has; name "
        "PreTrainedTokenizerFast as tokenizer_class in tokenizer_config.json");
  }
}

// --- Folders ---

// A folder's files as they are read.
struct Files {
  const fs::path& folder;
  bool has(const char* name) const { return fs::exists(folder / name); }
  std::string read(const char* name) const { return read_file(folder / name, kMaxTokenizerBytes); }
};

void dress(Tokenizer& tokenizer, Class of, const TokenizerDocument* document,
           TokenizerSettings& settings, const Vocabulary& vocabulary) {
  std::vector<AddedToken> added = added_tokens(settings, document, of, vocabulary);
  tokenizer.set_frame(whole_frame(of, document, added, settings));
  tokenizer.set_added(std::move(added));
}

std::unique_ptr<Tokenizer> make_wordpiece(Class of, TokenizerSettings& settings,
                                          const TokenizerDocument* document,
                                          const Vocabulary& vocabulary) {
  WordPieceOptions options = of == Class::kBert ? wordpiece_options(settings) : WordPieceOptions{};
  if (document) {
    if (of == Class::kBert) check_wordpiece(document->wordpiece, options);
    options = document->wordpiece;
  }
  auto out = std::make_unique<WordPiece>(vocabulary, options);
  dress(*out, of, document, settings, vocabulary);
  return out;
}

std::unique_ptr<Tokenizer> make_byte_bpe(Class of, TokenizerSettings& settings,
                                         const TokenizerDocument* document,
                                         const Vocabulary& vocabulary, const Merges& merges) {
  ByteBpeOptions options;
  options.prefix_space = settings.prefix_space.value_or(false);
  if (document && (of != Class::kAny || settings.prefix_space) &&
      document->prefix_space != options.prefix_space) {
    contradict("pre_tokenizer.add_prefix_space = " + said(document->prefix_space),
               "add_prefix_space = " + said(options.prefix_space) + " (false where it is missing)");
  }
  if (document) options.prefix_space = document->prefix_space;
  auto out = std::make_unique<ByteBpe>(vocabulary, merges, options);
  dress(*out, of, document, settings, vocabulary);
  return out;
}

Metaspace llama_prefix(const TokenizerSettings& settings) {
  if (!settings.prefix_space.value_or(true)) return Metaspace::kNever;
  return settings.legacy.value_or(false) ? Metaspace::kAlways : Metaspace::kFirst;
}

std::unique_ptr<Tokenizer> make_metaspace(Class of, TokenizerSettings& settings,
                                          const TokenizerDocument* document,
                                          const Vocabulary& vocabulary, const Merges& merges) {
  if (of == Class::kAny && settings.prefix_space &&
      *settings.prefix_space != (document->metaspace != Metaspace::kNever)) {
    contradict("pre_tokenizer", "add_prefix_space = " + said(settings.prefix_space));
  }
  const Metaspace prefix = of == Class::kLlama ? llama_prefix(settings) : document->metaspace;
  auto out = std::make_unique<MetaspaceBpe>(vocabulary, merges, prefix);
  dress(*out, of, document, settings, vocabulary);
  std::vector<std::int32_t> silent;
  for (const AddedToken& token : added_tokens(settings, document, of, vocabulary)) {
    if (token.special) silent.push_back(token.id);
  }
  out->set_silent(std::move(silent));
  return out;
}

std::unique_ptr<Tokenizer> from_document(const Files& files, TokenizerSettings& settings) {
  const TokenizerDocument document = parse_tokenizer_document(files.read("tokenizer.json"));
  const Class of = class_of(settings, &document);
  add_defaults(of, settings);
  const auto require = [&](bool fits) {
    if (!fits) {
      contradict("model.type", "tokenizer_class = \"" + settings.class_name.substr(0, 60) +
                                   "\" (or the model's kind), which has another");
    }
  };
  switch (document.model) {
    case Model::kWordPiece:
      require(of == Class::kAny || of == Class::kBert);
      return make_wordpiece(of, settings, &document, document.vocabulary);
    case Model::kByteBpe:
      require(of == Class::kAny || of == Class::kRoberta || of == Class::kGpt2);
      return make_byte_bpe(of, settings, &document, document.vocabulary, document.merges);
    case Model::kMetaspaceBpe:
      require(of == Class::kAny || of == Class::kLlama);
      return make_metaspace(of, settings, &document, document.vocabulary, document.merges);
  }
  CLEAVE_CHECK(false);
}

// Of a SentencePiece model, what transformers looks for in a text.
void check_sentence_piece(Class of, const SentencePieceModel& model) {
  for (const ScoredPiece& piece : model.pieces) {
    if (piece.kind == ScoredPiece::Kind::kUserDefined) {
      throw DataError(
          "it has user-defined pieces, whose spaces transformers treats in another "
          "way than SentencePiece; save the tokenizer as tokenizer.json");
    }
  }
  if (of != Class::kLlama) return;
  if (model.segmentation != SentencePieceModel::Segmentation::kBpe || !model.byte_fallback) {
    throw DataError("it is no BPE that spells in bytes, which LlamaTokenizer has");
  }
  if (!model.charsmap.empty() || model.trim_spaces || !model.mark_spaces || model.space_as_suffix) {
    throw DataError(
        "it has normalization rules, or trims spaces, which LlamaTokenizer does not "
        "do; save the tokenizer as tokenizer.json");
  }
}

Vocabulary vocabulary_of(const SentencePieceModel& model) {
  Vocabulary vocabulary;
  for (std::size_t id = 0; id < model.pieces.size(); ++id) {
    add_piece(vocabulary, model.pieces[id].text, static_cast<std::int64_t>(id));
  }
  return vocabulary;
}

std::unique_ptr<Tokenizer> make_sentence_piece(Class of, TokenizerSettings& settings,
                                               SentencePieceModel model) {
  const PieceTable checked(model.pieces, model.byte_fallback);
  check_sentence_piece(of, model);
  const Vocabulary vocabulary = vocabulary_of(model);
  std::vector<std::string> texts;
  for (const ScoredPiece& piece : model.pieces) {
    texts.push_back(piece.text);
    if (piece.kind == ScoredPiece::Kind::kControl) settings.extra.push_back({piece.text});
    if (piece.kind == ScoredPiece::Kind::kUnknown) {
      settings.named.try_emplace("unk_token", AddedToken{piece.text});
    }
  }
  if (of == Class::kLlama) {
    return make_metaspace(of, settings, nullptr, vocabulary, merges_of(texts));
  }
  if (settings.prefix_space || (settings.legacy && !*settings.legacy)) {
    throw DataError(
        "tokenizer_config.json: add_prefix_space or legacy = false is honoured with "
        "tokenizer_class = \"LlamaTokenizer\" alone");
  }
  for (const auto& [key, piece] :
       {std::pair{"bos_token", model.begin_piece}, std::pair{"eos_token", model.end_piece}}) {
    if (vocabulary.contains(piece)) settings.named.try_emplace(key, AddedToken{piece});
  }
  auto out = std::make_unique<SentencePiece>(std::move(model));
  dress(*out, of, nullptr, settings, vocabulary);
  return out;
}

std::unique_ptr<Tokenizer> from_sentence_piece(const Files& files, TokenizerSettings& settings) {
  const Class of = class_of(settings, nullptr);
  add_defaults(of, settings);
  try {
    return make_sentence_piece(of, settings, parse_sentence_pieces(files.read("tokenizer.model")));
  } catch (const DataError& error) {
    throw DataError((files.folder / "tokenizer.model").string() +
                    " is no SentencePiece model that can be used: " + error.what());
  }
}

std::unique_ptr<Tokenizer> load(const Files& files) {
  TokenizerSettings settings = read_tokenizer_settings(files.folder);
  if (files.has("tokenizer.json")) return from_document(files, settings);
  Class of = class_of(settings, nullptr);
  const bool any = of == Class::kAny;
  if (files.has("tokenizer.model") && (any || of == Class::kLlama)) {
    return from_sentence_piece(files, settings);
  }
  if (files.has("vocab.txt") && (any || of == Class::kBert)) {
    add_defaults(Class::kBert, settings);
    return make_wordpiece(Class::kBert, settings, nullptr,
                          parse_vocab_txt(files.read("vocab.txt")));
  }
  if (files.has("vocab.json") && files.has("merges.txt") && of != Class::kBert &&
      of != Class::kLlama) {
    if (any) of = Class::kGpt2;
    add_defaults(of, settings);
    return make_byte_bpe(
        of, settings, nullptr,
        read_vocabulary(parse_json(files.read("vocab.json"), "vocab.json"), "vocab.json"),
        parse_merges(files.read("merges.txt")));
  }
  throw DataError(
      "it has no tokenizer: neither tokenizer.json nor vocab.txt, vocab.json with "
      "merges.txt, or tokenizer.model of the tokenizer_class" +
      (settings.class_name.empty() ? std::string() : " " + settings.class_name.substr(0, 60)) +
      "; copy the tokenizer's files beside the model");
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& folder) {
  try {
    return load({folder});
  } catch (const DataError& error) {
    const std::string what = error.what();
    if (what.rfind(folder.string(), 0) == 0) throw;
    throw DataError(folder.string() + ": " + what);
  }
}

}  // namespace cleave
