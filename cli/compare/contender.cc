#include "cli/compare/contender.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "common/base/error.h"
#include "common/exchange/parts.h"
#include "common/model/architecture.h"
#include "common/tuning/method.h"

namespace cleave {
namespace {

constexpr double kTolerance = 0.05;
constexpr std::int64_t kLargest = 4096;  // rank or rows

bool has_offsets(const std::string& method) {
  return method == "dept" || method == "ept_style" || method == "adept";
}

std::optional<std::int64_t> numbers_if_allowed(const Job& job, const ModelConfig& config) {
  try {
    return trained_numbers(job, config);
  } catch (const DataError&) {
    return std::nullopt;  // a size that the model has no room for
  }
}

TuningContext context_of(const Job& job, const ModelConfig& config) {
  return {job, config, find_architecture(config.model_type), {job.cut.head, job.cut.tail}};
}

// Whether the job's run would take its size: texts keep a row, and a batch fits into one frame,
// whose limit is cut short where it does not.
bool has_room(const Job& job, const ModelConfig& config) {
  try {
    check_job(job);
    return body_limits(rows_form(context_of(job, config)))[Kind::kSmashed] < kMaxPayloadBytes;
  } catch (const DataError&) {
    return false;
  }
}

// The value of `size` that comes nearest of those that have room; the sizes that a method allows
// have no holes.
std::int64_t nearest_size(Job& job, std::int64_t& size, const ModelConfig& config,
                          std::int64_t budget) {
  std::int64_t best = size, distance = std::numeric_limits<std::int64_t>::max();
  for (size = 1; size <= kLargest; ++size) {
    const std::optional<std::int64_t> numbers = numbers_if_allowed(job, config);
    if (!numbers) break;
    if (std::abs(*numbers - budget) < distance && has_room(job, config)) {
      distance = std::abs(*numbers - budget);
      best = size;
    }
    if (*numbers > budget) break;
  }
  return best;
}

}  // namespace

std::int64_t trained_numbers(const Job& job, const ModelConfig& config) {
  const StateNumbers tuned = tuned_numbers(context_of(job, config));
  return tuned.client + tuned.body - tuned.client_held - tuned.body_held;
}

Job with_method(Job job, const std::string& contender) {
  const std::size_t at = contender.find('@');
  job.tuning.method = contender.substr(0, at);
  if (at == std::string::npos) return job;
  const std::string rows = contender.substr(at + 1);
  const auto [end, error] =
      std::from_chars(rows.data(), rows.data() + rows.size(), job.tuning.tokens);
  if (error != std::errc() || end != rows.data() + rows.size() || job.tuning.tokens < 1) {
    throw UsageError("'" + contender + "': behind @ belongs a number of rows, e.g. dept@20");
  }
  return job;
}

Contender sized(const Job& job, const ModelConfig& config, const std::string& contender,
                std::int64_t budget) {
  Job own = with_method(job, contender);
  const std::string method = own.tuning.method;
  const bool fixed_rows = method != contender;
  Contender out{contender, {"tuning.method=" + method}, trained_numbers(own, config)};
  if (fixed_rows) out.settings.push_back(fmt::format("tuning.tokens={}", own.tuning.tokens));
  const auto depends_on = [&](std::int64_t& size) {
    const std::int64_t kept = std::exchange(size, size + 1);
    const std::optional<std::int64_t> more = numbers_if_allowed(own, config);
    size = kept;
    return more && *more != out.numbers;
  };
  std::int64_t &rank = own.tuning.rank, &rows = own.tuning.tokens;
  if (has_offsets(method) && !fixed_rows) {
    rows =
        std::max<std::int64_t>(1, std::lround(0.4 * static_cast<double>(budget / config.hidden)));
  }
  const bool by_rank = depends_on(rank);
  if (!by_rank && (fixed_rows || !depends_on(rows))) {
    out.within_budget = std::abs(out.numbers - budget) <= kTolerance * static_cast<double>(budget);
    return out;
  }
  std::int64_t& size = by_rank ? rank : rows;
  size = nearest_size(own, size, config, budget);
  const std::int64_t numbers = trained_numbers(own, config);
  if (std::abs(numbers - budget) > kTolerance * static_cast<double>(budget)) return out;
  if (!fixed_rows) out.settings.push_back(fmt::format("tuning.tokens={}", rows));
  out.settings.push_back(fmt::format("tuning.rank={}", rank));
  out.numbers = numbers;
  out.within_budget = true;
  return out;
}

std::vector<double> rate_grid(bool quick) {
  return quick ? std::vector{1.0} : std::vector{0.2, 1.0, 5.0};
}

std::vector<std::string> rate_settings(const Job& job, double factor) {
  return {fmt::format("optimizer.lr_prompt={}", factor * job.optimizer.lr_prompt),
          fmt::format("optimizer.lr_factors={}", factor * job.optimizer.lr_factors)};
}

}  // namespace cleave
