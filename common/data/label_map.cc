#include "common/data/label_map.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "common/base/error.h"
#include "common/base/nearest.h"

namespace cleave {

LabelMap::LabelMap(std::vector<std::string> names) : names_(std::move(names)) {
  if (names_.empty()) {
    throw DataError(
        "no labels: set data.labels, e.g. labels = [\"negative\", \"positive\"], or use a model "
        "whose config.json has id2label");
  }
  std::set<std::string> seen;
  for (const std::string& name : names_) {
    if (!seen.insert(name).second) throw DataError("the label \"" + name + "\" is listed twice");
  }
}

std::int32_t LabelMap::index(std::string_view label, const std::string& where) const {
  const auto named = std::find(names_.begin(), names_.end(), label);
  if (named != names_.end()) return static_cast<std::int32_t>(named - names_.begin());
  std::int32_t value = -1;
  const char* const end = label.data() + label.size();
  const auto parsed = std::from_chars(label.data(), end, value);
  if (parsed.ec == std::errc() && parsed.ptr == end && value >= 0 && value < size()) return value;

  const std::vector<std::string_view> known(names_.begin(), names_.end());
  const bool few = names_.size() <= 10;
  throw DataError(where + ": the label \"" + std::string(label.substr(0, 60)) +
                  "\" is not in the job's list" + did_you_mean(label, known) + "; expected " +
                  (few ? one_of(known) : std::to_string(size()) + " known names") +
                  ", or an index from 0 to " + std::to_string(size() - 1));
}

}  // namespace cleave
