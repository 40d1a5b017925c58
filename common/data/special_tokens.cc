#include "common/data/special_tokens.h"

#include <algorithm>

#include "common/base/error.h"
#include "common/data/contradiction.h"

namespace cleave {
namespace {

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
std::optional<TokenFrame> frame_of(TokenizerClass of, const std::vector<AddedToken>& added,
                                   const TokenizerSettings& settings) {
  const auto id = [&](const char* key) { return id_of(added, settings, key); };
  if (of == TokenizerClass::kBert) return bert_frame(id("cls_token"), id("sep_token"));
  if (of == TokenizerClass::kRoberta) return roberta_frame(id("cls_token"), id("sep_token"));
  return std::nullopt;
}

bool holds(const TokenFrame& frame, const std::vector<AddedToken>& added,
           const TokenizerSettings& settings, const char* key, bool front) {
  const auto named = settings.named.find(key);
  const TokenFrame::Part& part = front ? frame.single.front() : frame.single.back();
  return named != settings.named.end() && part.kind == TokenFrame::Part::Kind::kSpecial &&
         part.id == id_of(added, settings, key);
}

}  // namespace

std::vector<AddedToken> added_tokens(const TokenizerSettings& settings,
                                     const TokenizerDocument* document, TokenizerClass of,
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
  const bool ours = document && (of == TokenizerClass::kAny || !settings.has_decoder);
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

TokenFrame whole_frame(TokenizerClass of, const TokenizerDocument* document,
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

}  // namespace cleave
