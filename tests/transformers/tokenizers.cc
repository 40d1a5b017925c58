// Tokenizer folders: the ids of texts and pairs, or a refusal.
//
// texts.json holds [text, second text or null, greatest length] each; ids.json becomes the ids.
#include <nlohmann/json.hpp>

#include "common/base/files.h"
#include "common/data/tokenizer.h"
#include "tests/transformers/cases.h"

namespace cleave::testing {
namespace {

using nlohmann::json;

void open_case(const fs::path& folder) {
  const auto tokenizer = load_tokenizer(folder / "model");
  json all = json::array();
  for (const json& input : json::parse(read_file(folder / "texts.json", 64 << 20))) {
    const auto text = input.at(0).get<std::string>();
    const std::string second = input.at(1).is_null() ? "" : input.at(1).get<std::string>();
    const std::string_view pair = second;
    all.push_back(
        tokenizer->encode(text, input.at(1).is_null() ? nullptr : &pair, input.at(2)).ids);
  }
  write_atomically(folder / "ids.json", all.dump());
}

}  // namespace

void run_tokenizers(const fs::path& folder) { each_case(folder, open_case); }

}  // namespace cleave::testing
