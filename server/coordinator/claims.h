// What a peer says of itself, held to the job, to what it said before and to what this process has
// seen of it: every number of a control message passes here once, before anything is made of it.
// Texts were made plain when they were decoded (common/wire/control), tensors are checked where
// they are unpacked (common/exchange/messages, fedavg.h). It knows neither tensors nor links.
//
// Thread-safe: pure functions. Errors: ProtocolError that names the client, the number and what it
// ought to be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/config/job.h"
#include "common/wire/control.h"

namespace cleave {

// What of a job and its model decides which numbers can be true.
struct JobClaims {
  const Job& job;
  std::uint64_t labels = 0;         // C; 1 of a language model
  std::uint64_t max_text_rows = 0;  // of a sample, from 1
  std::uint64_t prompt_rows = 0;    // beside them, of every sample
  std::uint64_t row_bytes = 0;      // of a row on the wire
  bool prompt_sent = true;          // with the smashed data
  bool prompt_returned = true;      // with the features
  bool empty_body = false;          // no rows cross
};

// The most samples that one client may say it has: federation.max_samples, and never so many that
// all clients' together would pass 2^31. It depends on the job alone, so nobody's fate depends on
// who came first.
std::uint64_t max_samples(const Job& job);

void check_ready(const Ready& ready, Role role, const JobClaims& claims, const std::string& id);

// A report of round `round`, from a client that said `ready`.
void check_report(const Report& report, std::uint32_t round, const Ready& ready,
                  const JobClaims& claims, const std::string& id);
void check_evaluation(const EvalReport& report, EvalSet set, const Ready& ready,
                      const JobClaims& claims, const std::string& id);

// Samples of each label in an evaluation: the same in every evaluation of the same data. `known` is
// filled by the first.
void check_same_labels(const EvalReport& report, std::vector<std::uint64_t>& known,
                       const std::string& id);

// Why a report without a fault of form cannot be used: training diverged. Empty where it did not.
// The client is honest and stays.
std::string divergence(const Report& report);
std::string divergence(const EvalReport& report);

// What a body has seen of a client: steps, and the sums over their samples.
struct BodyWork {
  std::uint64_t steps = 0;
  Work work;
  BodyWork& operator+=(const BodyWork& other);
  BodyWork& operator-=(const BodyWork& other);
  bool operator==(const BodyWork&) const = default;
};

// The work that a report's batches call for, to compare with what the body saw.
BodyWork stated_work(const Report& report, const Job& job);
BodyWork stated_work(const EvalReport& report);
void check_body_work(const BodyWork& stated, const BodyWork& seen, const std::string& id);

// Where the body is another process: what a client says its body link carried since `before`, held
// to its own batches. `kind` is the kind of the statement, kReport or kEvalReport.
void check_body_ledger(const Ledger& stated, const Ledger& before, Kind kind,
                       const std::vector<BatchShape>& batches, const JobClaims& claims,
                       const std::string& id);

}  // namespace cleave
