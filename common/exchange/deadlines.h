// A job's deadlines as what waits for a peer takes them; a job says them in seconds.
// Thread-safe: pure functions.
#pragma once

#include <chrono>

#include "common/config/job.h"
#include "common/wire/tls_link.h"

namespace cleave {

Deadlines link_deadlines(const Job& job);
std::chrono::milliseconds round_deadline(const Job& job);

}  // namespace cleave
