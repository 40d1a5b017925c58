#include "common/data/shots.h"

#include <algorithm>

#include "common/base/error.h"
#include "common/base/random.h"

namespace cleave {

Dataset few_of_each_class(const Dataset& data, const LabelMap& labels, std::int64_t shots,
                          std::uint64_t seed, std::string_view what) {
  const auto count = static_cast<std::size_t>(shots);
  std::vector<std::uint32_t> chosen;
  for (std::int32_t label = 0; label < labels.size(); ++label) {
    std::vector<std::uint32_t> own;
    for (const std::uint32_t i : all_positions(data)) {
      if (data.examples[i].label == label) own.push_back(i);
    }
    const std::string& name = labels.names()[static_cast<std::size_t>(label)];
    if (own.size() < count) {
      throw DataError("data.shots = " + std::to_string(shots) + ": " + std::string(what) + " has " +
                      std::to_string(own.size()) + " examples of \"" + name + "\"; lower it");
    }
    Stream(seed, "shots/" + std::string(what) + "/" + name).shuffle(own);
    chosen.insert(chosen.end(), own.begin(), own.begin() + static_cast<std::ptrdiff_t>(count));
  }
  std::sort(chosen.begin(), chosen.end());
  Dataset few;
  for (const std::uint32_t i : chosen) {
    few.examples.push_back(data.examples[i]);
    if (!data.groups.empty()) few.groups.push_back(data.groups[i]);
  }
  return few;
}

}  // namespace cleave
