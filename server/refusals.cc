#include "server/refusals.h"

namespace cleave {

std::optional<std::string> Refusals::note(const std::string& source, const std::string& text,
                                          Clock::time_point now) {
  const auto [at, first] = sources_.try_emplace(source, Source{now, 0});
  Source& known = at->second;
  if (!first && now - known.logged < kQuiet) {
    ++known.suppressed;
    return std::nullopt;
  }
  const std::string more =
      known.suppressed == 0 ? "" : " (and " + std::to_string(known.suppressed) + " more since)";
  known = {now, 0};
  return text + more;
}

}  // namespace cleave
