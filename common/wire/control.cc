#include "common/wire/control.h"

#include <algorithm>
#include <cstring>

#include "common/base/error.h"
#include "common/base/plain_text.h"
#include "control.pb.h"

namespace cleave {
namespace {

constexpr std::size_t kMaxReason = 1024;

template <class Message>
Frame to_frame(Kind kind, const Message& message) {
  Frame frame;
  frame.header.kind = kind;
  frame.payload = Buffer(message.ByteSizeLong());
  CLEAVE_CHECK(
      message.SerializeToArray(frame.payload.data(), static_cast<int>(frame.payload.size())));
  return frame;
}

// A message that this program would have written in the same bytes: nothing in it that is unknown,
// stated twice or longer than it need be, so that its size is the closed form's.
template <class Message>
Message from_bytes(std::span<const std::byte> bytes, std::string_view what) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    throw ProtocolError("a " + std::string(what) + " message does not parse");
  }
  message.DiscardUnknownFields();
  const std::string again = message.SerializeAsString();
  if (again.size() != bytes.size() || std::memcmp(again.data(), bytes.data(), again.size()) != 0) {
    throw ProtocolError("a " + std::string(what) +
                        " message holds fields that this protocol does not know");
  }
  return message;
}

void insist(bool complete, std::string_view what) {
  if (!complete) throw ProtocolError("a " + std::string(what) + " message leaves out a field");
}

template <class Message>
Message from_frame(const Frame& frame) {
  return from_bytes<Message>(frame.payload.bytes(), kind_name(frame.header.kind));
}

// Text from a peer goes to a terminal, a log and the journal.
std::string printable(const std::string& text) { return plain_text(text, kMaxReason); }

Digest to_digest(const std::string& bytes, std::string_view what) {
  Digest digest{};
  if (bytes.empty()) return digest;
  if (bytes.size() != digest.size()) {
    throw ProtocolError("hello: the " + std::string(what) + " is not 32 bytes");
  }
  std::memcpy(digest.data(), bytes.data(), digest.size());
  return digest;
}

std::string to_bytes(const Digest& digest) { return std::string(digest.begin(), digest.end()); }

constexpr std::pair<Role, std::string_view> kRoles[] = {{Role::kClient, "client"},
                                                        {Role::kEvaluator, "evaluator"},
                                                        {Role::kPredictor, "predictor"},
                                                        {Role::kBody, "body"}};

void put(proto::Tally& out, const Ledger& ledger) {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    // Pings depend on the clock and may be in flight: no end can state them for the other.
    const bool ping = kKinds[i].kind == Kind::kPing;
    const Count sent = ping ? Count{} : ledger.sent.by_kind[i];
    const Count received = ping ? Count{} : ledger.received.by_kind[i];
    out.add_sent(sent.frames);
    out.add_sent(sent.payload);
    out.add_received(received.frames);
    out.add_received(received.payload);
  }
}

Ledger get(const proto::Tally& in) {
  const int expected = static_cast<int>(2 * kKinds.size());
  if (in.sent_size() != expected || in.received_size() != expected) {
    throw ProtocolError("a tally does not list every kind of frame");
  }
  Ledger ledger;
  for (int i = 0; i < expected / 2; ++i) {
    ledger.sent.by_kind[i] = {in.sent(2 * i), in.sent(2 * i + 1)};
    ledger.received.by_kind[i] = {in.received(2 * i), in.received(2 * i + 1)};
  }
  if (ledger.sent[Kind::kPing] != Count{} || ledger.received[Kind::kPing] != Count{}) {
    throw ProtocolError("a tally counts pings");
  }
  return ledger;
}

void put(proto::Work& out, const Work& work) {
  out.set_samples(work.samples);
  out.set_rows(work.rows);
  out.set_squares(work.squares);
}

Work get(const proto::Work& in) {
  insist(in.has_samples() && in.has_rows() && in.has_squares(), "work");
  return {in.samples(), in.rows(), in.squares()};
}

template <class Message>
void put_batches(Message& out, const std::vector<BatchShape>& batches) {
  for (const BatchShape& batch : batches) {
    out.add_batch_samples(batch.samples);
    out.add_batch_rows(batch.rows);
  }
}

template <class Message>
std::vector<BatchShape> get_batches(const Message& in) {
  if (in.batch_samples_size() != in.batch_rows_size()) {
    throw ProtocolError("a report lists samples and rows of different numbers of batches");
  }
  std::vector<BatchShape> batches;
  for (int i = 0; i < in.batch_rows_size(); ++i) {
    batches.push_back({in.batch_samples(i), in.batch_rows(i)});
  }
  return batches;
}

template <class Field>
auto to_vector(const Field& field) {
  return std::vector(field.begin(), field.end());
}

}  // namespace

Frame hello_frame(const Hello& hello) {
  proto::Hello message;
  for (const auto& [role, name] : kRoles) {
    if (role == hello.role) message.set_role(std::string(name));
  }
  message.set_program(hello.program);
  message.set_model_hash(to_bytes(hello.model_hash));
  message.set_job_hash(to_bytes(hello.job_hash));
  return to_frame(Kind::kHello, message);
}

Hello parse_hello(const Frame& frame) {
  const auto message = from_frame<proto::Hello>(frame);
  const auto role = std::find_if(std::begin(kRoles), std::end(kRoles),
                                 [&](const auto& entry) { return entry.second == message.role(); });
  if (role == std::end(kRoles)) {
    throw ProtocolError("hello: unknown role \"" + printable(message.role()) + "\"");
  }
  return {role->first, printable(message.program()), to_digest(message.model_hash(), "model hash"),
          to_digest(message.job_hash(), "job hash")};
}

Frame hello_ok_frame(const HelloOk& ok) {
  proto::HelloOk message;
  message.set_job(ok.job);
  message.set_body(ok.body);
  return to_frame(Kind::kHelloOk, message);
}

HelloOk parse_hello_ok(const Frame& frame) {
  auto message = from_frame<proto::HelloOk>(frame);
  return {message.job(), printable(message.body())};
}

Frame ready_frame(const Ready& ready) {
  proto::Ready message;
  message.set_samples(ready.samples);
  for (const std::uint64_t n : ready.label_counts) message.add_label_counts(n);
  message.set_dev_samples(ready.dev_samples);
  return to_frame(Kind::kReady, message);
}

Ready parse_ready(const Frame& frame) {
  const auto message = from_frame<proto::Ready>(frame);
  return {message.samples(), to_vector(message.label_counts()), message.dev_samples()};
}

Frame bye_frame(const Bye& bye) {
  proto::Bye message;
  message.set_reason(printable(bye.reason));
  message.set_tls_sent(bye.tls_sent);
  message.set_tls_received(bye.tls_received);
  return to_frame(Kind::kBye, message);
}

Bye parse_bye(const Frame& frame) {
  const auto message = from_frame<proto::Bye>(frame);
  return {printable(message.reason()), message.tls_sent(), message.tls_received()};
}

Frame tally_frame(const Ledger& ledger, std::uint32_t round) {
  proto::Tally message;
  put(message, ledger);
  Frame frame = to_frame(Kind::kTally, message);
  frame.header.round = round;
  return frame;
}

Ledger parse_tally(const Frame& frame) { return get(from_frame<proto::Tally>(frame)); }

Frame report_frame(const Report& report, std::uint32_t round) {
  proto::Report message;
  put(*message.mutable_all(), report.all);
  put(*message.mutable_kept(), report.kept);
  message.set_loss_first(report.loss_first);
  message.set_loss_mean(report.loss_mean);
  message.set_bypass_loss(report.bypass_loss);
  message.set_correct(report.correct);
  for (const std::uint64_t n : report.kept_counts) message.add_kept_counts(n);
  for (const std::uint64_t n : report.predicted_counts) message.add_predicted_counts(n);
  put_batches(message, report.batches);
  for (const std::uint32_t id : report.kept_ids) message.add_kept_ids(id);
  put(*message.mutable_coordinator(), report.coordinator);
  put(*message.mutable_body(), report.body);
  Frame frame = to_frame(Kind::kReport, message);
  frame.header.round = round;
  return frame;
}

Report parse_report(const Frame& frame) {
  const auto message = from_frame<proto::Report>(frame);
  Report report;
  report.batches = get_batches(message);
  insist(message.has_loss_first() && message.has_loss_mean() && message.has_bypass_loss() &&
             message.has_correct(),
         "report");
  report.all = get(message.all());
  report.kept = get(message.kept());
  report.loss_first = message.loss_first();
  report.loss_mean = message.loss_mean();
  report.bypass_loss = message.bypass_loss();
  report.correct = message.correct();
  report.kept_counts = to_vector(message.kept_counts());
  report.predicted_counts = to_vector(message.predicted_counts());
  report.kept_ids = to_vector(message.kept_ids());
  report.coordinator = get(message.coordinator());
  report.body = get(message.body());
  return report;
}

Frame round_end_frame(const RoundEnd& end, std::uint32_t round) {
  proto::RoundEnd message;
  message.set_accepted(end.accepted ? 1 : 0);
  message.set_reason(printable(end.reason));
  Frame frame = to_frame(Kind::kRoundEnd, message);
  frame.header.round = round;
  return frame;
}

RoundEnd parse_round_end(const Frame& frame) {
  const auto message = from_frame<proto::RoundEnd>(frame);
  insist(message.has_accepted(), "round_end");
  if (message.accepted() > 1)
    throw ProtocolError("a round_end message neither accepts nor refuses");
  return {message.accepted() == 1, printable(message.reason())};
}

Frame eval_report_frame(const EvalReport& report, std::uint32_t round, std::uint32_t set) {
  proto::EvalReport message;
  put(*message.mutable_work(), report.work);
  message.set_nll_sum(report.nll_sum);
  for (const std::uint64_t n : report.confusion) message.add_confusion(n);
  put_batches(message, report.batches);
  put(*message.mutable_coordinator(), report.coordinator);
  put(*message.mutable_body(), report.body);
  Frame frame = to_frame(Kind::kEvalReport, message);
  frame.header.round = round;
  frame.header.step = set;
  return frame;
}

EvalReport parse_eval_report(const Frame& frame) {
  const auto message = from_frame<proto::EvalReport>(frame);
  EvalReport report;
  report.batches = get_batches(message);
  insist(message.has_nll_sum(), "eval_report");
  report.work = get(message.work());
  report.nll_sum = message.nll_sum();
  report.confusion = to_vector(message.confusion());
  report.coordinator = get(message.coordinator());
  report.body = get(message.body());
  return report;
}

Frame error_frame(int exit_code, const std::string& reason) {
  proto::ErrorMessage message;
  message.set_exit(static_cast<std::uint32_t>(exit_code));
  message.set_reason(printable(reason));
  return to_frame(Kind::kError, message);
}

Frame ping_frame() {
  Frame frame;
  frame.header.kind = Kind::kPing;
  return frame;
}

void throw_error_message(const std::string& peer, std::span<const std::byte> payload) {
  const auto message = from_bytes<proto::ErrorMessage>(payload, "error");
  const std::string text = peer + " says: " + printable(message.reason());
  switch (static_cast<Exit>(message.exit())) {
    case Exit::kData:
      throw DataError(text);
    case Exit::kProtocol:
      throw ProtocolError(text);
    case Exit::kPermission:
      throw PermissionError(text);
    default:
      throw UnavailableError(text);
  }
}

}  // namespace cleave
