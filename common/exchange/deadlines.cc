#include "common/exchange/deadlines.h"

namespace cleave {
namespace {

std::chrono::milliseconds whole_milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

}  // namespace

Deadlines link_deadlines(const Job& job) {
  return {whole_milliseconds(job.deadlines.connect), whole_milliseconds(job.deadlines.silence)};
}

std::chrono::milliseconds round_deadline(const Job& job) {
  return whole_milliseconds(job.deadlines.round);
}

}  // namespace cleave
