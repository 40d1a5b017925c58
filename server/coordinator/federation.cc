#include "server/coordinator/federation.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <utility>

#include "common/base/error.h"
#include "common/base/gather.h"
#include "common/base/log.h"
#include "common/exchange/messages.h"
#include "common/wire/farewell.h"
#include "common/wire/goodbye.h"
#include "server/coordinator/fedavg.h"
#include "server/coordinator/participants.h"

namespace cleave {
namespace {

// An update that was received in order but cannot be averaged; the member stays.
struct Refused : Error {
  explicit Refused(const std::string& what) : Error(Exit::kData, what) {}
};

Ledger from_client_side(const Ledger& own) { return {own.received, own.sent}; }

std::uint64_t weight_of(const Report& report, const std::string& rule) {
  if (rule == "uniform") return 1;
  return rule == "kept" ? report.kept.samples : report.all.samples;
}

void check_report(const Report& report, const Member& member, std::size_t labels) {
  if (report.all.samples != member.ready.samples || report.kept.samples > report.all.samples ||
      report.kept_counts.size() != labels || report.predicted_counts.size() != labels ||
      report.kept_ids.size() > report.all.samples) {
    throw ProtocolError("the report of " + member.id + " contradicts what it said at joining");
  }
}

void check_evaluation(const EvalReport& report, const Member& member, std::size_t labels) {
  std::uint64_t counted = 0;
  for (const std::uint64_t n : report.confusion) counted += n;
  if (report.confusion.size() != labels * labels || counted != report.work.samples) {
    throw ProtocolError("the evaluation of " + member.id + " does not add up");
  }
}

// The peer stated its ledger before it sent the statement; leave that frame out of ours.
Ledger before(const Frame& statement, Ledger ledger) {
  ledger.received[statement.header.kind] -= Count{1, statement.header.payload_bytes};
  return ledger;
}

}  // namespace

// Updates are added on the lane as they come; its workers take turns.
struct Federation::Average {
  FedAvg mean;
  std::mutex turn;
};

Federation::Federation(const asio::any_io_executor& executor, const Job& job, State form,
                       std::size_t labels, Lane& lane,
                       std::optional<std::chrono::milliseconds> round_deadline)
    : executor_(executor),
      job_(job),
      form_(std::move(form)),
      labels_(labels),
      lane_(lane),
      round_deadline_(round_deadline),
      joined_(executor, asio::steady_timer::time_point::max()) {}

void Federation::admit(Member joining) {
  if (!abandoned_.empty()) {
    joining.link->close(abandoned_);
    return;
  }
  const auto member = std::make_shared<Member>(std::move(joining));
  if (const auto old = members_.find(member->id); old != members_.end()) {
    old->second->link->close("displaced by a newer session of " + member->id);
    retire(old->second);
  }
  log_info("joined: " + member->id + " samples=" + std::to_string(member->ready.samples));
  members_[member->id] = member;
  joined_.cancel();
}

// Keeps the member's counts; forgets the member unless a newer session has its place.
void Federation::retire(const MemberPtr& member) {
  const auto found = members_.find(member->id);
  if (found == members_.end() || found->second != member) return;
  closed_traffic_ += from_client_side(member->link->ledger());
  const TlsBytes tls = member->link->tls_bytes();
  closed_tls_.sent += tls.sent;
  closed_tls_.received += tls.received;
  members_.erase(found);
}

std::vector<std::string> Federation::trainers() const {
  std::vector<std::string> ids;
  for (const auto& [id, member] : members_) {
    if (member->role == Role::kClient && member->ready.samples > 0) ids.push_back(id);
  }
  return ids;
}

asio::awaitable<void> Federation::wait_for_clients(std::size_t count) {
  while (trainers().size() < count && abandoned_.empty()) {
    boost::system::error_code cancelled;
    co_await joined_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    joined_.expires_at(asio::steady_timer::time_point::max());
  }
  waiting_ = false;
}

asio::awaitable<Participant> Federation::train_one(MemberPtr member, std::uint32_t round,
                                                   const State& global, Average& average) {
  Link& link = *member->link;
  const Ledger start = link.ledger();
  Frame order = co_await lane_.run([&] { return state_frame(Kind::kState, global); });
  order.header.round = round;
  co_await link.send(std::move(order));

  const Frame statement = co_await receive_expected(link, Kind::kReport, round, 0);
  Participant out{member->id, parse_report(statement), {}};
  check_report(out.report, *member, labels_);
  check_mirror(before(statement, link.ledger()), out.report.coordinator, member->id);
  // Also where the update is refused: its bytes are not the next round's.
  const Ledger body_before = std::exchange(member->body_seen, out.report.body);
  const Frame update = co_await receive_expected(link, Kind::kUpdate, round, 0);
  std::string refusal;
  co_await lane_.run([&] {
    try {
      const State state = parse_state(update, form_);
      const std::lock_guard lock(average.turn);
      average.mean.add(state, weight_of(out.report, job_.federation.weights));
    } catch (const DataError& error) {
      refusal = error.what();
    }
  });
  const RoundEnd end{refusal.empty(), refusal};
  co_await link.send(round_end_frame(end, round));
  if (!refusal.empty()) throw Refused("its update was refused: " + refusal);
  out.traffic = from_client_side(link.ledger() - start) + (out.report.body - body_before);
  co_return out;
}

asio::awaitable<Evaluation::PerClient> Federation::evaluate_one(MemberPtr member,
                                                                std::uint32_t round, EvalSet set,
                                                                const State& state) {
  Link& link = *member->link;
  const Ledger start = link.ledger();
  const auto step = static_cast<std::uint32_t>(set);
  Frame order = co_await lane_.run([&] { return state_frame(Kind::kEvalState, state); });
  order.header.round = round;
  order.header.step = step;
  co_await link.send(std::move(order));
  const Frame statement = co_await receive_expected(link, Kind::kEvalReport, round, step);
  Evaluation::PerClient out{member->id, parse_eval_report(statement), {}};
  check_evaluation(out.report, *member, labels_);
  check_mirror(before(statement, link.ledger()), out.report.coordinator, member->id);
  out.traffic = from_client_side(link.ledger() - start) + (out.report.body - member->body_seen);
  member->body_seen = out.report.body;
  co_return out;
}

template <class T>
asio::awaitable<Federation::Outcome<T>> Federation::attempt(MemberPtr member,
                                                            asio::awaitable<T> task) {
  Outcome<T> outcome{member, std::nullopt, {}, false};
  Exit exit = Exit::kUnavailable;
  member->asked = true;
  try {
    outcome.answer = co_await std::move(task);
  } catch (const Refused& error) {
    outcome.failure = error.what();
  } catch (const Error& error) {
    outcome.failure = error.what();
    outcome.gone = true;
    exit = error.exit();
  }
  member->asked = false;
  if (outcome.gone) co_await send_farewell(*member->link, exit, outcome.failure);
  co_return outcome;
}

template <class T>
std::vector<T> Federation::settle(std::vector<Outcome<T>> outcomes, RoundRecord& record) {
  std::vector<T> answers;
  for (Outcome<T>& outcome : outcomes) {
    if (outcome.answer) {
      answers.push_back(std::move(*outcome.answer));
      continue;
    }
    log_warn("round " + std::to_string(record.round) + ": lost " + outcome.member->id + ": " +
             outcome.failure);
    record.lost.push_back({outcome.member->id, outcome.failure});
    if (outcome.gone) retire(outcome.member);
  }
  return answers;
}

// When it passes, whoever has not answered is closed, and nobody else.
asio::steady_timer Federation::start_deadline(std::vector<MemberPtr> asked) {
  asio::steady_timer deadline(executor_, asio::steady_timer::time_point::max());
  if (round_deadline_) deadline.expires_after(*round_deadline_);
  deadline.async_wait([asked = std::move(asked)](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    for (const MemberPtr& member : asked) {
      if (member->asked) member->link->close("the round's deadline has passed");
    }
  });
  return deadline;
}

asio::awaitable<State> Federation::run_round(std::uint32_t round, const State& global,
                                             RoundRecord& record) {
  record.round = round;
  const std::vector<std::string> picked =
      pick_clients(trainers(), static_cast<std::size_t>(job_.federation.per_round),
                   seed_of(job_, Seed::kSampling), round);
  Average average{FedAvg(form_), {}};
  std::vector<MemberPtr> asked;
  std::vector<asio::awaitable<Outcome<Participant>>> tasks;
  for (const std::string& id : picked) {
    asked.push_back(members_.at(id));
    tasks.push_back(attempt(asked.back(), train_one(asked.back(), round, global, average)));
  }
  asio::steady_timer deadline = start_deadline(asked);
  record.participants = settle(co_await gather(std::move(tasks)), record);
  deadline.cancel();
  if (!abandoned_.empty()) throw UnavailableError(abandoned_);
  if (record.participants.size() < static_cast<std::size_t>(job_.federation.min_clients)) {
    throw UnavailableError(
        "round " + std::to_string(round) + " has " + std::to_string(record.participants.size()) +
        " updates, federation.min_clients is " + std::to_string(job_.federation.min_clients) +
        (record.lost.empty()
             ? ""
             : "; " + record.lost[0].client + " was lost: " + record.lost[0].reason));
  }
  co_return co_await lane_.run([&] { return average.mean.finish(); });
}

asio::awaitable<Evaluation> Federation::evaluate(std::uint32_t round, EvalSet set,
                                                 const State& state, RoundRecord& record) {
  std::vector<MemberPtr> asked;
  std::vector<asio::awaitable<Outcome<Evaluation::PerClient>>> tasks;
  for (auto& [id, member] : members_) {
    const bool able = job_.eval.where == "clients" ? member->ready.dev_samples > 0
                                                   : member->role == Role::kEvaluator;
    if (!able) continue;
    asked.push_back(member);
    tasks.push_back(attempt(member, evaluate_one(member, round, set, state)));
  }
  asio::steady_timer deadline = start_deadline(asked);
  Evaluation out;
  out.clients = settle(co_await gather(std::move(tasks)), record);
  deadline.cancel();
  if (!abandoned_.empty()) throw UnavailableError(abandoned_);
  co_return out;
}

asio::awaitable<void> Federation::dismiss(const std::string& reason) {
  while (!members_.empty()) {
    const MemberPtr member = members_.begin()->second;
    try {
      tls_agrees_ &= co_await say_goodbye(*member->link, reason);
    } catch (const Error& error) {
      log_debug(error.what());
    }
    retire(member);
  }
}

asio::awaitable<void> Federation::abandon(const std::string& reason) {
  abandoned_ = reason;
  joined_.cancel();
  std::vector<asio::awaitable<bool>> farewells;
  for (const auto& [id, member] : members_) {
    farewells.push_back(send_farewell(member->link, Exit::kUnavailable, reason));
  }
  co_await gather(std::move(farewells));
  cut_off(reason);
}

void Federation::cut_off(const std::string& reason) {
  for (const auto& [id, member] : members_) member->link->close(reason);
}

std::map<std::string, std::vector<std::uint64_t>> Federation::label_counts() const {
  std::map<std::string, std::vector<std::uint64_t>> out;
  for (const auto& [id, member] : members_) {
    if (member->role == Role::kClient) out[id] = member->ready.label_counts;
  }
  return out;
}

Ledger Federation::total_traffic() const {
  Ledger sum = closed_traffic_;
  for (const auto& [id, member] : members_) sum += from_client_side(member->link->ledger());
  return sum;
}

TlsBytes Federation::tls_bytes() const {
  TlsBytes sum = closed_tls_;
  for (const auto& [id, member] : members_) {
    sum.sent += member->link->tls_bytes().sent;
    sum.received += member->link->tls_bytes().received;
  }
  return sum;
}

}  // namespace cleave
