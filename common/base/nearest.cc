#include "common/base/nearest.h"

#include <algorithm>
#include <numeric>

namespace cleave {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

// "lr_promt" should find "optimizer.lr_prompt": the section may be missing altogether.
std::string_view last_part(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates) {
  name = name.substr(0, 80);
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, last_part(name).size() / 2);
  for (const std::string_view candidate : candidates) {
    const std::size_t whole = edit_distance(name, candidate);
    const std::size_t part = 1 + edit_distance(last_part(name), last_part(candidate));
    const std::size_t distance = std::min(whole, part);
    // A name that shares no character with another does not resemble it.
    if (whole >= std::max(name.size(), candidate.size())) continue;
    if (distance < best_distance || (best.empty() && distance == best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best.empty() ? "" : " (did you mean " + std::string(best) + "?)";
}

std::string one_of(const std::vector<std::string_view>& values) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += i + 1 == values.size() ? " or " : ", ";
    out += values[i];
  }
  return out;
}

}  // namespace cleave
