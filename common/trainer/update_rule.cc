#include "common/trainer/update_rule.h"

#include <string>
#include <utility>

#include "common/base/error.h"

namespace cleave {

UpdateRule find_update_rule(std::string_view name) {
  static constexpr std::pair<std::string_view, UpdateRule> kRules[] = {
      {"adam", adam_update},
      {"adamw", adamw_update},
      {"sgd", sgd_update},
      {"adafactor", adafactor_update},
  };
  for (const auto& [own, rule] : kRules) {
    if (own == name) return rule;
  }
  throw DataError("optimizer.name: there is no trainer \"" + std::string(name) +
                  "\"; docs/job.md lists them");
}

}  // namespace cleave
