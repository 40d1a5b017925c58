// load_tokenizer: what the class of transformers that opens a folder makes of its files, and that
// no two of them contradict each other.
#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/byte_bpe.h"
#include "common/data/contradiction.h"
#include "common/data/merges_file.h"
#include "common/data/sentence_piece/sentence_piece.h"
#include "common/data/special_tokens.h"

namespace cleave {
namespace {

using Model = TokenizerDocument::Model;

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

// Gives a tokenizer its frame and its added tokens, and returns those.
std::vector<AddedToken> dress(Tokenizer& tokenizer, TokenizerClass of,
                              const TokenizerDocument* document, TokenizerSettings& settings,
                              const Vocabulary& vocabulary) {
  std::vector<AddedToken> added = added_tokens(settings, document, of, vocabulary);
  tokenizer.set_frame(whole_frame(of, document, added, settings));
  tokenizer.set_added(added);
  return added;
}

std::unique_ptr<Tokenizer> make_wordpiece(TokenizerClass of, TokenizerSettings& settings,
                                          const TokenizerDocument* document,
                                          const Vocabulary& vocabulary) {
  WordPieceOptions options =
      of == TokenizerClass::kBert ? wordpiece_options(settings) : WordPieceOptions{};
  if (document) {
    if (of == TokenizerClass::kBert) check_wordpiece(document->wordpiece, options);
    options = document->wordpiece;
  }
  auto out = std::make_unique<WordPiece>(vocabulary, options);
  dress(*out, of, document, settings, vocabulary);
  return out;
}

std::unique_ptr<Tokenizer> make_byte_bpe(TokenizerClass of, TokenizerSettings& settings,
                                         const TokenizerDocument* document,
                                         const Vocabulary& vocabulary, const Merges& merges) {
  ByteBpeOptions options;
  options.prefix_space = settings.prefix_space.value_or(false);
  if (document && (of != TokenizerClass::kAny || settings.prefix_space) &&
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

std::unique_ptr<Tokenizer> make_metaspace(TokenizerClass of, TokenizerSettings& settings,
                                          const TokenizerDocument* document,
                                          const Vocabulary& vocabulary, const Merges& merges) {
  if (of == TokenizerClass::kAny && settings.prefix_space &&
      *settings.prefix_space != (document->metaspace != Metaspace::kNever)) {
    contradict("pre_tokenizer", "add_prefix_space = " + said(settings.prefix_space));
  }
  const Metaspace prefix =
      of == TokenizerClass::kLlama ? llama_prefix(settings) : document->metaspace;
  auto out = std::make_unique<MetaspaceBpe>(vocabulary, merges, prefix);
  std::vector<std::int32_t> silent;
  for (const AddedToken& token : dress(*out, of, document, settings, vocabulary)) {
    if (token.special) silent.push_back(token.id);
  }
  out->set_silent(std::move(silent));
  return out;
}

std::unique_ptr<Tokenizer> from_document(const Files& files, TokenizerSettings& settings) {
  const TokenizerDocument document = parse_tokenizer_document(files.read("tokenizer.json"));
  const TokenizerClass of = class_of(settings, &document);
  add_defaults(of, settings);
  const auto require = [&](bool fits) {
    if (!fits) {
      contradict("model.type", "tokenizer_class = \"" + settings.class_name.substr(0, 60) +
                                   "\" (or the model's kind), which has another");
    }
  };
  switch (document.model) {
    case Model::kWordPiece:
      require(of == TokenizerClass::kAny || of == TokenizerClass::kBert);
      return make_wordpiece(of, settings, &document, document.vocabulary);
    case Model::kByteBpe:
      require(of == TokenizerClass::kAny || of == TokenizerClass::kRoberta ||
              of == TokenizerClass::kGpt2);
      return make_byte_bpe(of, settings, &document, document.vocabulary, document.merges);
    case Model::kMetaspaceBpe:
      require(of == TokenizerClass::kAny || of == TokenizerClass::kLlama);
      return make_metaspace(of, settings, &document, document.vocabulary, document.merges);
  }
  CLEAVE_CHECK(false);
}

// Of a SentencePiece model, what transformers looks for in a text.
void check_sentence_piece(TokenizerClass of, const SentencePieceModel& model) {
  for (const ScoredPiece& piece : model.pieces) {
    if (piece.kind == ScoredPiece::Kind::kUserDefined) {
      throw DataError(
          "it has user-defined pieces, whose spaces transformers treats in another "
          "way than SentencePiece; save the tokenizer as tokenizer.json");
    }
  }
  if (of != TokenizerClass::kLlama) return;
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

std::unique_ptr<Tokenizer> make_sentence_piece(TokenizerClass of, TokenizerSettings& settings,
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
  if (of == TokenizerClass::kLlama) {
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
  const TokenizerClass of = class_of(settings, nullptr);
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
  TokenizerClass of = class_of(settings, nullptr);
  const bool any = of == TokenizerClass::kAny;
  if (files.has("tokenizer.model") && (any || of == TokenizerClass::kLlama)) {
    return from_sentence_piece(files, settings);
  }
  if (files.has("vocab.txt") && (any || of == TokenizerClass::kBert)) {
    add_defaults(TokenizerClass::kBert, settings);
    return make_wordpiece(TokenizerClass::kBert, settings, nullptr,
                          parse_vocab_txt(files.read("vocab.txt")));
  }
  if (files.has("vocab.json") && files.has("merges.txt") && of != TokenizerClass::kBert &&
      of != TokenizerClass::kLlama) {
    if (any) of = TokenizerClass::kGpt2;
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
