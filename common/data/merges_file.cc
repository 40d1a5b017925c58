#include "common/data/merges_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/error.h"

namespace cleave {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxMerges = 1'000'000;

std::pair<std::string, std::string> two_pieces(std::string_view line, std::size_t number) {
  const std::size_t space = line.find(' ');
  if (space == 0 || space == std::string_view::npos || space + 1 == line.size() ||
      line.find(' ', space + 1) != std::string_view::npos) {
    throw DataError("merges, line " + std::to_string(number) + ": expected two pieces");
  }
  return {std::string(line.substr(0, space)), std::string(line.substr(space + 1))};
}

void add_merge(Merges& merges, std::pair<std::string, std::string> merge) {
  if (merges.size() == kMaxMerges) throw DataError("over 1000000 merges");
  merges.push_back(std::move(merge));
}

}  // namespace

Merges parse_merges(std::string_view content) {
  Merges merges;
  for (std::size_t number = 1; !content.empty(); ++number) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    std::string_view line = content.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!line.empty() && !(number == 1 && line.substr(0, 8) == "#version")) {
      add_merge(merges, two_pieces(line, number));
    }
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  return merges;
}

Merges read_merges(const json& list) {
  if (!list.is_array()) throw DataError("tokenizer.json: merges: expected a list");
  Merges merges;
  for (const json& item : list) {
    if (item.is_string()) {
      add_merge(merges, two_pieces(item.get<std::string>(), merges.size() + 1));
    } else if (item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_string()) {
      add_merge(merges, {item[0].get<std::string>(), item[1].get<std::string>()});
    } else {
      throw DataError("tokenizer.json: merges: expected two pieces in each entry");
    }
  }
  return merges;
}

}  // namespace cleave
