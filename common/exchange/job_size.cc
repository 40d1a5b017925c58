#include "common/exchange/job_size.h"

#include "common/base/error.h"
#include "common/exchange/parts.h"

namespace cleave {
namespace {

constexpr std::int64_t kMaxClasses = 4096;  // whose confusion counts take 128 MiB

}  // namespace

void check_job_size(const Job& job, const ModelConfig& config, std::int64_t labels) {
  if (labels > kMaxClasses) {
    throw DataError("the job has " + std::to_string(labels) + " classes, above the limit of " +
                    std::to_string(kMaxClasses) + "; list fewer in data.labels");
  }
  const auto bytes = 4 * static_cast<std::uint64_t>(state_numbers(job, config, labels).client);
  if (bytes <= kMaxPayloadBytes) return;
  throw DataError("the tuned state of a client takes " + std::to_string(bytes >> 20) +
                  " MiB on the wire, above the limit of 256; lower cut.tail, tuning.tokens, "
                  "tuning.rank or the method's other sizes");
}

}  // namespace cleave
