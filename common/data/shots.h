// A few examples of every class, for few-shot work: which ones is a function of the seed alone.
#pragma once

#include <string_view>

#include "common/data/example.h"
#include "common/data/label_map.h"

namespace cleave {

// `shots` examples of each class in the data's order. `what` names the data in messages and keeps
// draws apart. Errors: DataError naming a class that has fewer.
Dataset few_of_each_class(const Dataset& data, const LabelMap& labels, std::int64_t shots,
                          std::uint64_t seed, std::string_view what);

}  // namespace cleave
