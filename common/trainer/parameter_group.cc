#include "common/trainer/parameter_group.h"

namespace cleave {

RateGroup group_of(std::string_view name) {
  if (name == "prompt" || name.substr(0, 7) == "prompt." || name.substr(0, 5) == "deep.") {
    return RateGroup::kPrompt;
  }
  if (name.substr(0, 5) == "tail.") return RateGroup::kTail;
  return RateGroup::kFactors;
}

}  // namespace cleave
