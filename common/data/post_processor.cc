#include "common/data/post_processor.h"

#include <algorithm>

namespace cleave {
namespace {

using nlohmann::json;
using Part = TokenFrame::Part;
using Kind = Part::Kind;

std::int32_t as_id(const JsonFields& fields, const std::string& key, const json& id) {
  if (!id.is_number_unsigned() || id >= 1'000'000) fields.bad(key, "the id of a token");
  return id.get<std::int32_t>();
}

// ["[SEP]", 102]
std::int32_t named_id(JsonFields& fields, const std::string& key) {
  const json& pair = fields.value(key);
  if (!pair.is_array() || pair.size() != 2) fields.bad(key, "a token and its id");
  return as_id(fields, key, pair[1]);
}

std::vector<std::int32_t> special_ids(JsonFields& specials, const std::string& name) {
  JsonFields token = specials.object(name);
  std::vector<std::int32_t> ids;
  const json& list = token.value("ids");
  if (!list.is_array()) token.bad("ids", "a list of ids");
  for (const json& id : list) ids.push_back(as_id(token, "ids", id));
  token.ignore({"id", "tokens"});
  token.refuse_the_rest();
  return ids;
}

std::vector<Part> read_template(JsonFields& fields, const std::string& key) {
  std::vector<Part> parts;
  std::vector<JsonFields> items = fields.objects(key);
  if (items.size() > 64) fields.bad(key, "at most 64 parts");
  for (JsonFields& item : items) {
    const bool text = item.has("Sequence");
    JsonFields of = item.object(text ? "Sequence" : "SpecialToken");
    item.refuse_the_rest();
    const std::string name = of.text("id");
    const json& type = of.value("type_id");
    of.refuse_the_rest();
    if (type != 0 && type != 1) of.bad("type_id", "0 or 1");
    const bool second = type == 1;
    if (!parts.empty() && parts.back().second_type && !second) of.bad("type_id", "1 after 1");
    if (!text) {
      JsonFields specials = fields.object("special_tokens");
      for (const std::int32_t id : special_ids(specials, name)) {
        parts.push_back({Kind::kSpecial, id, second});
      }
      continue;
    }
    if (name != "A" && name != "B") of.bad("id", "A or B");
    parts.push_back({name == "A" ? Kind::kFirst : Kind::kSecond, 0, second});
  }
  return parts;
}

void require_texts(JsonFields& fields, const std::string& key, const std::vector<Part>& parts,
                   std::vector<Kind> wanted) {
  std::vector<Kind> texts;
  for (const Part& part : parts) {
    if (part.kind != Kind::kSpecial) texts.push_back(part.kind);
  }
  if (texts != wanted) fields.bad(key, "each text once, in order");
}

TokenFrame read_templates(JsonFields& fields) {
  TokenFrame frame;
  frame.single = read_template(fields, "single");
  require_texts(fields, "single", frame.single, {Kind::kFirst});
  if (fields.has("pair")) {
    frame.pair = read_template(fields, "pair");
    require_texts(fields, "pair", frame.pair, {Kind::kFirst, Kind::kSecond});
  }
  fields.ignore({"special_tokens"});
  // Two texts side by side, as when nothing is said: no form that a model was trained with.
  if (frame.pair.size() == 2) frame.pair.clear();
  return frame;
}

}  // namespace

std::optional<TokenFrame> read_post_processor(JsonFields fields) {
  const std::string type = fields.text("type");
  std::optional<TokenFrame> frame;
  if (type == "TemplateProcessing") {
    frame = read_templates(fields);
  } else if (type == "BertProcessing" || type == "RobertaProcessing") {
    const std::int32_t separate = named_id(fields, "sep"), classify = named_id(fields, "cls");
    frame = type[0] == 'B' ? bert_frame(classify, separate) : roberta_frame(classify, separate);
  } else if (type == "Sequence") {
    for (const JsonFields& each : fields.objects("processors")) {
      const auto inner = read_post_processor(each);
      if (inner && frame) fields.bad("processors", "one that adds tokens");
      if (inner) frame = inner;
    }
  } else if (type != "ByteLevel") {
    fields.bad("type", "TemplateProcessing, BertProcessing, RobertaProcessing or ByteLevel");
  }
  fields.ignore({"trim_offsets", "add_prefix_space", "use_regex"});  // they move offsets alone
  fields.refuse_the_rest();
  return frame;
}

}  // namespace cleave
