#include "server/coordinator/continuation.h"

#include "common/base/error.h"

namespace cleave {
namespace {

constexpr std::string_view kRounds = "federation.rounds";

// Names and both values of what differs, federation.rounds apart.
std::string differences(Job written, Job wanted) {
  const std::vector<Key> theirs = bind(written), own = bind(wanted);
  std::string out;
  for (std::size_t i = 0; i < own.size(); ++i) {
    const std::string here = value_text(own[i]), there = value_text(theirs[i]);
    if (here == there || own[i].name == kRounds) continue;
    out += (out.empty() ? "" : "; ") + std::string(own[i].name) + " = " + here + " here, " + there +
           " there";
  }
  return out;
}

std::string both_counts(const Job& written, const Job& wanted) {
  return std::string(kRounds) + " = " + std::to_string(wanted.federation.rounds) + " here, " +
         std::to_string(written.federation.rounds) + " there";
}

// Why the rounds that are done would be others in a job of more rounds; "" where they would not.
std::string why_not_extended(const Job& written, const std::vector<Json>& rounds) {
  if (rounds.empty()) return "";
  if (written.optimizer.schedule != "constant") {
    return "the rates of optimizer.schedule = \"" + written.optimizer.schedule +
           "\" depend on the number of rounds, so that the rounds that are done would be others";
  }
  const std::int64_t last = written.federation.rounds, every = written.eval.every;
  const bool is_last = static_cast<std::int64_t>(rounds.size()) == last;
  if (is_last && rounds.back().contains("dev") && last % every != 0) {
    return "round " + std::to_string(last) +
           " was evaluated because it was the last, which eval.every = " + std::to_string(every) +
           " alone does not ask for";
  }
  return "";
}

}  // namespace

bool extends(const Job& written, const Job& wanted, const std::vector<Json>& rounds,
             const std::filesystem::path& folder) {
  const auto refuse = [&](const std::string& what) {
    throw UsageError("cannot resume " + folder.string() + ": its job.toml differs from this job: " +
                     what + "; resume with the same file and --set, or choose another --out");
  };
  if (const std::string what = differences(written, wanted); !what.empty()) refuse(what);
  if (wanted.federation.rounds < written.federation.rounds) {
    refuse(both_counts(written, wanted) + " (a run can get more rounds, not fewer)");
  }
  if (wanted.federation.rounds == written.federation.rounds) return false;
  if (const std::string why = why_not_extended(written, rounds); !why.empty()) {
    refuse(both_counts(written, wanted) + ", and it cannot be extended: " + why);
  }
  return true;
}

}  // namespace cleave
