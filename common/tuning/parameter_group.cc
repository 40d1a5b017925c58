#include "common/tuning/parameter_group.h"

namespace cleave {

Group group_of(std::string_view name) {
  if (name == "prompt" || name.substr(0, 7) == "prompt.") return Group::kPrompt;
  if (name.substr(0, 5) == "tail.") return Group::kTail;
  return Group::kFactors;
}

}  // namespace cleave
