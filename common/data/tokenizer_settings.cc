#include "common/data/tokenizer_settings.h"

#include <algorithm>
#include <charconv>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/vocabulary.h"

namespace cleave {
namespace {

using nlohmann::json;

constexpr std::int32_t kMaxId = 1'000'000;

const std::vector<std::string> kNamed = {"unk_token", "bos_token", "eos_token", "sep_token",
                                         "pad_token", "cls_token", "mask_token"};
const std::vector<std::string> kExtra = {"additional_special_tokens", "extra_special_tokens"};

AddedToken plain(std::string content) { return {.content = std::move(content)}; }

AddedToken read_token(JsonFields& fields, const std::string& key) {
  if (fields.is_text(key)) return plain(fields.text(key));
  return read_added_token(fields.object(key));
}

void read_named(JsonFields& fields, TokenizerSettings& out) {
  for (const std::string& key : kNamed) {
    if (fields.has(key)) out.named[key] = read_token(fields, key);
  }
}

// A list of names or tokens, or an object of names for them.
void read_extra(JsonFields& fields, const std::string& key, TokenizerSettings& out) {
  if (!fields.has(key)) return;
  const json& value = fields.value(key);
  std::vector<AddedToken> tokens;
  if (value.is_object()) {
    JsonFields named = fields.object(key);
    for (const auto& [name, unused] : value.items()) {
      if (named.has(name)) tokens.push_back(read_token(named, name));
    }
  } else if (value.is_array() && value.front().is_object()) {
    for (JsonFields& each : fields.objects(key)) tokens.push_back(read_added_token(each));
  } else if (value.is_array()) {
    for (const json& name : value) {
      if (!name.is_string() || name.get<std::string>().empty()) fields.bad(key, "a list of tokens");
      tokens.push_back(plain(name.get<std::string>()));
    }
  } else {
    fields.bad(key, "a list of tokens");
  }
  for (AddedToken& token : tokens) out.extra.push_back(std::move(token));
}

std::int32_t read_id(JsonFields& fields, const std::string& key, const std::string& text) {
  std::int32_t id = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 0 || id >= kMaxId) {
    fields.bad(key, "ids below 1000000 as keys");
  }
  return id;
}

void read_decoder(JsonFields& fields, TokenizerSettings& out) {
  const std::string key = "added_tokens_decoder";
  if (!fields.has(key)) return;
  out.has_decoder = true;
  JsonFields tokens = fields.object(key);
  for (const auto& [id, unused] : fields.value(key).items()) {
    AddedToken token = read_added_token(tokens.object(id));
    token.id = read_id(fields, key, id);
    out.added.push_back(std::move(token));
  }
}

void read_flag(JsonFields& fields, const std::string& key, std::optional<bool>& out) {
  if (fields.has(key)) out = fields.flag(key);
}

void read_config(std::string_view text, TokenizerSettings& out) {
  JsonFields fields(text, "tokenizer_config.json", "tokenizer");
  if (fields.has("tokenizer_class")) out.class_name = fields.text("tokenizer_class");
  read_flag(fields, "do_lower_case", out.lower_case);
  read_flag(fields, "strip_accents", out.strip_accents);
  read_flag(fields, "tokenize_chinese_chars", out.split_cjk);
  read_flag(fields, "add_prefix_space", out.prefix_space);
  read_flag(fields, "add_bos_token", out.add_begin);
  read_flag(fields, "add_eos_token", out.add_end);
  read_flag(fields, "legacy", out.legacy);
  if (fields.has("truncation_side")) {
    const std::string side = fields.text("truncation_side");
    if (side != "left" && side != "right") fields.bad("truncation_side", "left or right");
    out.cut_front = side == "left";
  }
  read_named(fields, out);
  for (const std::string& key : kExtra) read_extra(fields, key, out);
  read_decoder(fields, out);
  fields.expect("do_basic_tokenize", true);
  fields.expect("clean_text", true);
  fields.expect("wordpieces_prefix", "##");
  fields.expect_off({"split_special_tokens"});
  // The length is the job's, padding is masked, and the rest is for the way back from ids, for
  // chats, or a note of the program that wrote the file.
  fields.ignore({"model_max_length",
                 "max_len",
                 "max_length",
                 "stride",
                 "truncation_strategy",
                 "padding_side",
                 "pad_to_multiple_of",
                 "pad_token_type_id",
                 "clean_up_tokenization_spaces",
                 "spaces_between_special_tokens",
                 "errors",
                 "trim_offsets",
                 "model_input_names",
                 "chat_template",
                 "chat_control_tokens",
                 "response_template",
                 "use_default_system_prompt",
                 "name_or_path",
                 "special_tokens_map_file",
                 "tokenizer_file",
                 "processor_class",
                 "backend",
                 "is_local",
                 "local_files_only",
                 "files_loaded",
                 "from_slow",
                 "use_fast",
                 "verbose",
                 "return_token_type_ids"});
  fields.refuse_the_rest();
}

void read_special(std::string_view text, TokenizerSettings& out) {
  JsonFields fields(text, "special_tokens_map.json", "tokenizer");
  TokenizerSettings here;
  read_named(fields, here);
  for (const std::string& key : kExtra) read_extra(fields, key, here);
  fields.refuse_the_rest();
  for (auto& [key, token] : here.named) {
    const auto before = out.named.find(key);
    if (before != out.named.end() && before->second.content != token.content) {
      fields.bad(key,
                 "\"" + before->second.content.substr(0, 40) + "\" as in tokenizer_config.json");
    }
    // With a list of its own, tokenizer_config.json has the last word.
    if (!out.has_decoder || before == out.named.end()) out.named[key] = token;
  }
  const auto known = [&](const AddedToken& token) {
    return std::any_of(out.extra.begin(), out.extra.end(),
                       [&](const AddedToken& other) { return other.content == token.content; });
  };
  for (AddedToken& token : here.extra) {
    if (!known(token)) out.extra.push_back(std::move(token));
  }
}

bool is_special(const TokenizerSettings& settings, const std::string& content) {
  const auto same = [&](const AddedToken& token) { return token.content == content; };
  return std::any_of(settings.extra.begin(), settings.extra.end(), same) ||
         std::any_of(settings.named.begin(), settings.named.end(),
                     [&](const auto& named) { return same(named.second); });
}

void read_added(std::string_view text, TokenizerSettings& out) {
  const Vocabulary tokens =
      read_vocabulary(parse_strictly(text, "added_tokens.json", "tokenizer"), "added_tokens.json");
  for (const auto& [content, id] : tokens) {
    const auto known = std::find_if(
        out.added.begin(), out.added.end(),
        [&, name = content](const AddedToken& token) { return token.content == name; });
    if (out.has_decoder) {
      if (known != out.added.end() && known->id == id) continue;
      throw DataError("added_tokens.json: \"" + content.substr(0, 40) +
                      "\" is not so in added_tokens_decoder of tokenizer_config.json; remove the "
                      "one that is not meant");
    }
    const bool special = is_special(out, content);
    out.added.push_back({.content = content, .id = id, .normalized = !special, .special = special});
  }
}

// The model's kind, where the tokenizer's files do not say their own.
void read_model_type(const fs::path& file, TokenizerSettings& out) {
  if (!fs::exists(file)) return;
  const json config = parse_json(read_file(file, kMaxTokenizerBytes), "config.json");
  if (!config.is_object()) return;
  const auto text = [&](const char* key) {
    const json value = config.value(key, json());
    return value.is_string() ? value.get<std::string>() : std::string();
  };
  out.model_type = text("model_type");
  if (out.class_name.empty()) out.class_name = text("tokenizer_class");
}

}  // namespace

AddedToken read_added_token(JsonFields fields) {
  AddedToken token;
  token.content = fields.text("content");
  if (token.content.empty()) fields.bad("content", "a token");
  token.left_strip = fields.flag_or("lstrip", false);
  token.right_strip = fields.flag_or("rstrip", false);
  token.single_word = fields.flag_or("single_word", false);
  token.special = fields.flag_or("special", true);
  token.normalized = fields.flag_or("normalized", !token.special);
  if (fields.has("id")) {
    const json& id = fields.value("id");
    if (!id.is_number_unsigned() || id >= kMaxId) fields.bad("id", "an index");
    token.id = id.get<std::int32_t>();
  }
  fields.ignore({"__type"});
  fields.refuse_the_rest();
  return token;
}

TokenizerSettings parse_tokenizer_settings(std::string_view config, std::string_view special,
                                           std::string_view added) {
  TokenizerSettings out;
  if (!config.empty()) read_config(config, out);
  if (!special.empty()) read_special(special, out);
  if (!added.empty()) read_added(added, out);
  std::sort(out.added.begin(), out.added.end(),
            [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  return out;
}

TokenizerSettings read_tokenizer_settings(const fs::path& folder) {
  const auto content = [&](const char* name) {
    const fs::path file = folder / name;
    return fs::exists(file) ? read_file(file, kMaxTokenizerBytes) : std::string();
  };
  TokenizerSettings out =
      parse_tokenizer_settings(content("tokenizer_config.json"), content("special_tokens_map.json"),
                               content("added_tokens.json"));
  read_model_type(folder / "config.json", out);
  const std::string fast = "Fast";
  std::string& name = out.class_name;
  if (name.size() > fast.size() && name.ends_with(fast)) name.resize(name.size() - fast.size());
  return out;
}

}  // namespace cleave
