#include "common/data/tokenizer_document.h"

#include <algorithm>

#include "common/base/error.h"
#include "common/base/json_fields.h"
#include "common/data/merges_file.h"
#include "common/data/post_processor.h"
#include "common/data/tokenizer_settings.h"

namespace cleave {
namespace {

using nlohmann::json;
using Model = TokenizerDocument::Model;

const std::string kMark = "\xe2\x96\x81";

void read_bert_normalizer(JsonFields fields, WordPieceOptions& out) {
  fields.expect("type", "BertNormalizer");
  fields.expect("clean_text", true);
  if (fields.has("handle_chinese_chars")) out.split_cjk = fields.flag("handle_chinese_chars");
  if (fields.has("strip_accents")) out.strip_accents = fields.flag("strip_accents");
  if (fields.has("lowercase")) out.lower_case = fields.flag("lowercase");
  fields.refuse_the_rest();
}

// One object of the key, also where it is the only one of a sequence.
JsonFields only(JsonFields& fields, const std::string& key, const std::string& list) {
  JsonFields one = fields.object(key);
  if (one.text("type") != "Sequence") return one;
  std::vector<JsonFields> each = one.objects(list);
  one.refuse_the_rest();
  if (each.size() != 1) one.bad(list, "a list of one part, as Cleave has no other");
  return each.front();
}

void read_wordpiece(JsonFields& document, JsonFields& model, TokenizerDocument& out) {
  read_bert_normalizer(only(document, "normalizer", "normalizers"), out.wordpiece);
  JsonFields words = only(document, "pre_tokenizer", "pretokenizers");
  words.expect("type", "BertPreTokenizer");
  words.refuse_the_rest();
  out.wordpiece.unknown = model.text("unk_token");
  if (model.has("continuing_subword_prefix")) {
    out.wordpiece.continuation = model.text("continuing_subword_prefix");
  }
  if (model.has("max_input_chars_per_word")) {
    out.wordpiece.longest_word = static_cast<std::size_t>(model.size("max_input_chars_per_word"));
  }
}

void expect_plain_merging(JsonFields& model) {
  model.expect_off({"ignore_merges"});
  if (model.has("dropout") && model.value("dropout") != 0) model.unsupported("dropout");
  model.expect("continuing_subword_prefix", "");
  model.expect("end_of_word_suffix", "");
}

void read_byte_bpe(JsonFields words, JsonFields& model, TokenizerDocument& out) {
  words.expect("type", "ByteLevel");
  out.prefix_space = words.flag_or("add_prefix_space", false);
  words.expect("use_regex", true);
  words.ignore({"trim_offsets"});
  words.refuse_the_rest();
  // Every byte has a piece, so that nothing is unknown.
  model.ignore({"unk_token", "fuse_unk", "byte_fallback"});
}

// Prepend and Replace, as Llama's older files have it.
void read_prepending(JsonFields normalizer) {
  normalizer.expect("type", "Sequence");
  std::vector<JsonFields> parts = normalizer.objects("normalizers");
  normalizer.refuse_the_rest();
  if (parts.size() != 2) normalizer.bad("normalizers", "Prepend and Replace");
  parts[0].expect("type", "Prepend");
  parts[0].expect("prepend", kMark);
  parts[0].refuse_the_rest();
  parts[1].expect("type", "Replace");
  parts[1].expect("pattern", json{{"String", " "}});
  parts[1].expect("content", kMark);
  parts[1].refuse_the_rest();
}

void read_metaspace(JsonFields& document, JsonFields& model, TokenizerDocument& out) {
  if (document.has("normalizer")) {
    read_prepending(document.object("normalizer"));
    if (document.has("pre_tokenizer")) document.unsupported("pre_tokenizer");
    out.metaspace = Metaspace::kPrepend;
  } else {
    JsonFields words = only(document, "pre_tokenizer", "pretokenizers");
    words.expect("type", "Metaspace");
    words.expect("replacement", kMark);
    words.expect_off({"split"});
    if (!words.has("split")) words.bad("type", "Metaspace with split = false");
    const std::string scheme =
        words.has("prepend_scheme") ? words.text("prepend_scheme") : "always";
    words.ignore({"add_prefix_space", "str_rep"});
    words.refuse_the_rest();
    if (scheme != "always" && scheme != "first" && scheme != "never") {
      words.bad("prepend_scheme", "always, first or never");
    }
    out.metaspace = scheme == "always"  ? Metaspace::kAlways
                    : scheme == "first" ? Metaspace::kFirst
                                        : Metaspace::kNever;
  }
  if (!model.has("byte_fallback") || !model.flag("byte_fallback")) {
    throw DataError(
        "tokenizer.json: model.byte_fallback is not true, the only way supported "
        "without a ByteLevel pre_tokenizer");
  }
  // Every byte has a piece, so that nothing is unknown.
  model.ignore({"unk_token", "fuse_unk"});
}

void read_model(JsonFields& document, TokenizerDocument& out) {
  JsonFields model = document.object("model");
  const std::string type = model.text("type");
  if (type != "WordPiece" && type != "BPE") model.bad("type", "WordPiece or BPE");
  if (type == "WordPiece") {
    read_wordpiece(document, model, out);
  } else {
    expect_plain_merging(model);
    out.merges = read_merges(model.value("merges"));
    out.model = Model::kMetaspaceBpe;
    if (document.has("pre_tokenizer")) {
      JsonFields words = only(document, "pre_tokenizer", "pretokenizers");
      if (words.text("type") == "ByteLevel") {
        out.model = Model::kByteBpe;
        read_byte_bpe(std::move(words), model, out);
      }
    }
    if (out.model == Model::kMetaspaceBpe) read_metaspace(document, model, out);
  }
  out.vocabulary = read_vocabulary(model.value("vocab"), "tokenizer.json");
  model.refuse_the_rest();
}

void read_added(JsonFields& document, TokenizerDocument& out) {
  if (!document.has("added_tokens")) return;
  for (JsonFields& token : document.objects("added_tokens")) {
    if (!token.has("id")) token.bad("content", "an id beside it");
    out.added.push_back(read_added_token(std::move(token)));
  }
  std::stable_sort(out.added.begin(), out.added.end(),
                   [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
}

}  // namespace

TokenizerDocument parse_tokenizer_document(std::string_view text) {
  JsonFields document(text, "tokenizer.json", "tokenizer");
  TokenizerDocument out;
  read_model(document, out);
  if (out.model == Model::kByteBpe && document.has("normalizer")) {
    document.unsupported("normalizer");
  }
  read_added(document, out);
  if (document.has("post_processor")) {
    out.frame = read_post_processor(document.object("post_processor"));
  }
  if (document.has("truncation")) {
    JsonFields cut = document.object("truncation");
    out.cut_front = cut.has("direction") && cut.text("direction") == "Left";
    cut.ignore({"max_length", "strategy", "stride"});  // the job's
    cut.refuse_the_rest();
  }
  // Rows are padded by length and masked; the decoder is the way back from ids.
  document.ignore({"version", "padding", "decoder", "normalizer", "pre_tokenizer"});
  document.refuse_the_rest();
  return out;
}

}  // namespace cleave
