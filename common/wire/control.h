// Control messages as plain structs, and their frames. It hides Protobuf from everybody else and
// decides nothing about order (docs/protocol.md). Thread-safe: free functions.
//
// Decoders throw ProtocolError on bytes that are not such a message or break its bounds.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/base/hash.h"
#include "common/wire/frame.h"
#include "common/wire/ledger.h"

namespace cleave {

enum class Role { kClient, kEvaluator, kPredictor, kBody };

// Which of a client's labelled sets is evaluated; the step number of evaluation messages.
enum class EvalSet : std::uint32_t { kDev = 0, kTest = 1 };

struct Hello {
  Role role = Role::kClient;
  std::string program;
  Digest model_hash{};
  Digest job_hash{};  // zero before the job is known
};

struct HelloOk {
  std::string job;
  std::string body;
};

struct Ready {
  std::uint64_t samples = 0;
  std::vector<std::uint64_t> label_counts;
  std::uint64_t dev_samples = 0;
};

struct Bye {
  std::string reason;
  std::uint64_t tls_sent = 0;
  std::uint64_t tls_received = 0;
};

// Sums over samples; `squares` is the sum of squared row counts, for attention FLOPs.
struct Work {
  std::uint64_t samples = 0;
  std::uint64_t rows = 0;
  std::uint64_t squares = 0;
  bool operator==(const Work&) const = default;
};

// One batch as the wire sees it.
struct BatchShape {
  std::uint32_t samples = 0;
  std::uint32_t rows = 0;
  bool operator==(const BatchShape&) const = default;
};

struct Report {
  Work all;   // every sample, text rows only
  Work kept;  // prompt rows included
  double loss_first = 0;
  double loss_mean = 0;
  double bypass_loss = 0;
  std::uint64_t correct = 0;
  std::vector<std::uint64_t> kept_counts, predicted_counts;  // per label
  std::vector<BatchShape> batches;                           // of the split pass, in order
  std::vector<std::uint32_t> kept_ids;                       // empty when all are kept
  Ledger coordinator, body;                                  // as the client counted them
};

struct RoundEnd {
  bool accepted = false;
  std::string reason;
};

struct EvalReport {
  Work work;
  double nll_sum = 0;
  std::vector<std::uint64_t> confusion;  // C x C, row = label, column = predicted
  std::vector<BatchShape> batches;
  Ledger coordinator, body;
};

Frame hello_frame(const Hello& hello);
Frame hello_ok_frame(const HelloOk& ok);
Frame ready_frame(const Ready& ready);
Frame bye_frame(const Bye& bye);
Frame tally_frame(const Ledger& ledger, std::uint32_t round);
Frame report_frame(const Report& report, std::uint32_t round);
Frame round_end_frame(const RoundEnd& end, std::uint32_t round);
Frame eval_report_frame(const EvalReport& report, std::uint32_t round, std::uint32_t set);
Frame error_frame(int exit_code, const std::string& reason);
Frame ping_frame();

Hello parse_hello(const Frame& frame);
HelloOk parse_hello_ok(const Frame& frame);
Ready parse_ready(const Frame& frame);
Bye parse_bye(const Frame& frame);
Ledger parse_tally(const Frame& frame);
Report parse_report(const Frame& frame);
RoundEnd parse_round_end(const Frame& frame);
EvalReport parse_eval_report(const Frame& frame);

// Throws the error that the peer's message describes, with the matching exit code.
[[noreturn]] void throw_error_message(const std::string& peer, std::span<const std::byte> payload);

}  // namespace cleave
