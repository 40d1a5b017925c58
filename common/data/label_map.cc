#include "common/data/label_map.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "common/base/error.h"
#include "common/base/nearest.h"

namespace cleave {
namespace {

bool is_integer(std::string_view text, std::int32_t& value) {
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

}  // namespace

LabelMap::LabelMap(std::vector<std::string> names) : names_(std::move(names)) {
  if (names_.empty()) {
    throw DataError(
        "no labels: set data.labels, e.g. labels = [\"negative\", \"positive\"], or use a model "
        "whose config.json has id2label");
  }
  std::set<std::string> seen;
  for (const std::string& name : names_) {
    if (!seen.insert(name).second) throw DataError("the label \"" + name + "\" is listed twice");
    std::int32_t ignored = 0;
    numeric_ = numeric_ || is_integer(name, ignored);
  }
}

std::int32_t LabelMap::index(std::string_view label, const std::string& where) const {
  const auto named = std::find(names_.begin(), names_.end(), label);
  if (named != names_.end()) return static_cast<std::int32_t>(named - names_.begin());
  std::int32_t value = -1;
  const bool is_index = is_integer(label, value) && value >= 0 && value < size();
  if (is_index && !numeric_) return value;
  if (is_index) {
    throw DataError(where + ": the label \"" + std::string(label) +
                    "\" could be an index or a name that the job's list lacks, since names of the "
                    "list are numbers themselves; write names, or give data.labels other ones");
  }

  const std::vector<std::string_view> known(names_.begin(), names_.end());
  const bool few = names_.size() <= 10;
  throw DataError(where + ": the label \"" + std::string(label.substr(0, 60)) +
                  "\" is not in the job's list" + did_you_mean(label, known) + "; expected " +
                  (few ? one_of(known) : std::to_string(size()) + " known names") +
                  ", or an index from 0 to " + std::to_string(size() - 1));
}

std::int32_t LabelMap::numbered(std::int32_t number, const std::string& where) const {
  const auto named = std::find(names_.begin(), names_.end(), std::to_string(number));
  if (named == names_.end()) {
    if (number >= 0 && number < size()) return number;
    return index(std::to_string(number), where);
  }
  if (named - names_.begin() == number) return number;
  throw DataError(where + ": class " + std::to_string(number) + " of the file is not the label \"" +
                  *named + "\", which stands at place " + std::to_string(named - names_.begin()) +
                  " of the job's list; list data.labels in the order of the file's classes");
}

}  // namespace cleave
