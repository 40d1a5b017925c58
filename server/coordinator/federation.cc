#include "server/coordinator/federation.h"

#include <mutex>
#include <utility>

#include "common/base/error.h"
#include "common/base/gather.h"
#include "common/base/log.h"
#include "common/exchange/kept.h"
#include "common/exchange/messages.h"
#include "common/wire/farewell.h"
#include "server/coordinator/aggregation/aggregation.h"
#include "server/coordinator/aggregation/ranks.h"
#include "server/coordinator/participants.h"
#include "server/coordinator/server_optimizer.h"

namespace cleave {
namespace {

// An update that was received in order but cannot be averaged; the member stays.
struct Refused : Error {
  explicit Refused(const std::string& what) : Error(Exit::kData, what) {}
};

std::uint64_t weight_of(const Report& report, const std::string& rule) {
  if (rule == "uniform") return 1;
  return rule == "kept" ? report.kept.samples : report.all.samples;
}

std::uint64_t tokens_of(const Evaluation& evaluation, const RowsPlan& plan) {
  std::uint64_t tokens = 0;
  for (const auto& client : evaluation.clients) {
    tokens += predicted_tokens(client.report.work, plan);
  }
  return tokens;
}

// The peer stated its ledger before it sent the statement; leave that frame out of ours.
Ledger before(const Frame& statement, Ledger ledger) {
  ledger.received[statement.header.kind] -= Count{1, statement.header.payload_bytes};
  return ledger;
}

}  // namespace

JobClaims job_claims(const JobParts& parts, const Job& job) {
  const RowsForm& form = parts.form;
  return {job,
          static_cast<std::uint64_t>(parts.labels),
          static_cast<std::uint64_t>(form.max_text_rows),
          static_cast<std::uint64_t>(form.plan.rows),
          static_cast<std::uint64_t>(form.width) * dtype_size(form.dtype),
          form.plan.sent,
          form.plan.returned,
          form.empty_body};
}

// Updates are added on the lane as they come; its workers take turns.
struct Federation::Average {
  Aggregation mean;
  std::mutex turn;
};

// A participant's copy of the body, where there is one: lent for as long as this lives.
class Federation::Loan {
 public:
  Loan(BodyCopies* copies, std::string client, std::shared_ptr<BodyModel> copy, std::uint32_t round,
       std::uint64_t samples)
      : copies_(copies), client_(std::move(client)), copy_(std::move(copy)) {
    if (copy_) copies_->lend(client_, copy_, round, samples);
  }
  Loan(const Loan&) = delete;
  ~Loan() {
    if (copy_) copies_->take_back(client_);
  }
  State state() const { return copy_ ? copy_->state() : State(); }

 private:
  BodyCopies* copies_;
  std::string client_;
  std::shared_ptr<BodyModel> copy_;
};

Federation::Federation(Members& members, const Job& job, const JobParts& parts, BodyCopies* copies,
                       Lane& lane, std::optional<std::chrono::milliseconds> round_deadline)
    : members_(members),
      job_(job),
      parts_(parts),
      copies_(copies && copies->tuned() ? copies : nullptr),
      witness_(copies ? &copies->witness() : nullptr),
      claims_(job_claims(parts, job)),
      lane_(lane),
      round_deadline_(round_deadline),
      rule_(aggregation_rule(job.federation.aggregation)),
      pairs_(factor_pairs(tuning_context(parts, job))) {
  if (rule_.merge && pairs_.empty()) {
    throw DataError("federation.aggregation = \"" + job.federation.aggregation +
                    "\" merges low-rank factors, and tuning.method = \"" + job.tuning.method +
                    "\" has none; use \"mean\"");
  }
  for (const FactorPair& pair : pairs_) {
    if (!adds_to_base(job.federation.aggregation) || !pair.base_change.empty()) continue;
    throw DataError("federation.aggregation = \"" + job.federation.aggregation +
                    "\" adds to linear layers, and the factors of tuning.method = \"" +
                    job.tuning.method + "\" are of none; use \"product_svd\"");
  }
}

asio::awaitable<Slots::Held> Federation::turn() {
  if (!turns_) co_return Slots::Held();
  co_return co_await turns_->take();
}

// What a client says that its body link carried since its last report, held to what this process's
// body saw of it, or to the report's own batches. Both are accounted for from here on.
void Federation::check_against_body(Member& member, const BodyWork& stated,
                                    BodyWork BodyWitness::Seen::*what, BodyWork& accounted,
                                    const Ledger& ledger, Kind kind,
                                    const std::vector<BatchShape>& batches) const {
  const Ledger before = std::exchange(member.body_seen, ledger);
  if (!witness_) {
    return check_body_ledger(ledger, before, kind, batches, claims_, member.id);
  }
  const std::optional<BodyWitness::Seen> seen = witness_->seen(member.id);
  if (!seen) throw ProtocolError(member.id + " reports steps without a link to the body");
  BodyWork since = (*seen).*what;
  since -= std::exchange(accounted, since);
  check_body_work(claims_.empty_body ? BodyWork() : stated, since, member.id);
  check_mirror(seen->ledger, ledger, member.id);
}

asio::awaitable<Participant> Federation::train_one(MemberPtr member, std::uint32_t round,
                                                   const State& global, Average& average) {
  const Slots::Held own_turn = co_await turn();
  Link& link = *member->link;
  const Ledger start = link.ledger();
  const std::optional<std::int64_t> rank = rank_of(job_, member->id);
  std::shared_ptr<BodyModel> copy;
  Frame order = co_await lane_.run([&] {
    const State start = rank ? with_rank(global, pairs_, *rank) : global;
    if (copies_) copy = copies_->make(start);
    return state_frame(Kind::kState, client_part(start, parts_));
  });
  const Loan loan(copies_, member->id, std::move(copy), round,
                  kept_samples(job_, round, member->ready.label_counts));
  order.header.round = round;
  co_await link.send(std::move(order));

  const Frame statement = co_await receive_expected(link, Kind::kReport, round, 0);
  Participant out{member->id, parse_report(statement), {}};
  check_report(out.report, round, member->ready, claims_, member->id);
  check_mirror(before(statement, link.ledger()), out.report.coordinator, member->id);
  // Also where the update is refused: its bytes are not the next round's.
  const Ledger body_before = member->body_seen;
  check_against_body(*member, stated_work(out.report, job_), &BodyWitness::Seen::trained,
                     member->body_trained, out.report.body, Kind::kReport, out.report.batches);
  const Frame update = co_await receive_expected(link, Kind::kUpdate, round, 0);
  std::string refusal = divergence(out.report);
  co_await lane_.run([&] {
    if (!refusal.empty()) return;
    try {
      const State sent = parse_state(update, parts_.update_form);
      const State state =
          merged(with_update(client_part(global, parts_), sent, parts_), loan.state());
      const std::lock_guard lock(average.turn);
      average.mean.add(out.client, state, weight_of(out.report, job_.federation.weights));
    } catch (const DataError& error) {
      refusal = error.what();
    }
  });
  const RoundEnd end{refusal.empty(), refusal};
  co_await link.send(round_end_frame(end, round));
  if (!refusal.empty()) throw Refused("its update was refused: " + refusal);
  out.traffic = mirror(link.ledger() - start) + (out.report.body - body_before);
  co_return out;
}

asio::awaitable<Evaluation::PerClient> Federation::evaluate_one(MemberPtr member,
                                                                std::uint32_t round, EvalSet set,
                                                                const State& state) {
  const Slots::Held own_turn = co_await turn();
  Link& link = *member->link;
  const Ledger start = link.ledger();
  const auto step = static_cast<std::uint32_t>(set);
  Frame order =
      co_await lane_.run([&] { return state_frame(Kind::kEvalState, client_part(state, parts_)); });
  order.header.round = round;
  order.header.step = step;
  co_await link.send(std::move(order));
  const Frame statement = co_await receive_expected(link, Kind::kEvalReport, round, step);
  Evaluation::PerClient out{member->id, parse_eval_report(statement), {}};
  check_evaluation(out.report, set, member->ready, claims_, member->id);
  if (set == EvalSet::kDev) check_same_labels(out.report, member->dev_labels, member->id);
  check_mirror(before(statement, link.ledger()), out.report.coordinator, member->id);
  const Ledger body_before = member->body_seen;
  check_against_body(*member, stated_work(out.report), &BodyWitness::Seen::evaluated,
                     member->body_evaluated, out.report.body, Kind::kEvalReport,
                     out.report.batches);
  out.traffic = mirror(link.ledger() - start) + (out.report.body - body_before);
  if (const std::string why = divergence(out.report); !why.empty()) throw Refused(why);
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
    if (outcome.gone) members_.retire(outcome.member);
  }
  return answers;
}

// When it passes, whoever has not answered is closed, and nobody else.
asio::steady_timer Federation::start_deadline(std::vector<MemberPtr> asked) {
  asio::steady_timer deadline(members_.executor(), asio::steady_timer::time_point::max());
  if (round_deadline_) deadline.expires_after(*round_deadline_);
  deadline.async_wait([asked = std::move(asked)](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    for (const MemberPtr& member : asked) {
      if (member->asked) member->link->close("the round's deadline has passed");
    }
  });
  return deadline;
}

// The answers of those who gave one before the deadline; the others are in the record.
template <class Ask>
auto Federation::ask_all(std::vector<MemberPtr> asked, RoundRecord& record, Ask ask)
    -> asio::awaitable<std::vector<typename decltype(ask(asked[0]))::value_type>> {
  using Answer = typename decltype(ask(asked[0]))::value_type;
  std::vector<asio::awaitable<Outcome<Answer>>> tasks;
  for (const MemberPtr& member : asked) tasks.push_back(attempt(member, ask(member)));
  asio::steady_timer deadline = start_deadline(std::move(asked));
  std::vector<Answer> answers = settle(co_await gather(std::move(tasks)), record);
  deadline.cancel();
  if (!members_.why_abandoned().empty()) throw UnavailableError(members_.why_abandoned());
  co_return answers;
}

asio::awaitable<State> Federation::run_round(std::uint32_t round, const State& global,
                                             RoundRecord& record) {
  record.round = round;
  std::vector<MemberPtr> picked;
  for (const std::string& id : pick_clients(members_.trainers(), job_, round)) {
    picked.push_back(members_.at(id));
  }
  Average average{Aggregation(global, rule_, pairs_, job_.federation.max_norm), {}};
  record.participants = co_await ask_all(std::move(picked), record, [&](const MemberPtr& member) {
    return train_one(member, round, global, average);
  });
  if (record.participants.size() < static_cast<std::size_t>(job_.federation.min_clients)) {
    throw UnavailableError(
        "round " + std::to_string(round) + " has " + std::to_string(record.participants.size()) +
        " updates, federation.min_clients is " + std::to_string(job_.federation.min_clients) +
        (record.lost.empty()
             ? ""
             : "; " + record.lost[0].client + " was lost: " + record.lost[0].reason));
  }
  State mean = co_await lane_.run([&] { return average.mean.finish(); });
  record.shortened = average.mean.shortened_updates();
  for (const ShortenedUpdate& own : record.shortened) {
    log_warn("round " + std::to_string(round) + ": the update of " + own.client + " has norm " +
             std::to_string(own.norm) + " and was scaled down to " + std::to_string(own.bound) +
             " (federation.max_norm)");
  }
  co_return mean;
}

asio::awaitable<State> Federation::step(const State& global, const State& average, State& memory) {
  ServerStep next = co_await lane_.run(
      [&] { return server_step(server_optimizer(job_), global, average, memory); });
  memory = std::move(next.memory);
  co_return std::move(next.state);
}

asio::awaitable<Evaluation> Federation::evaluate(std::uint32_t round, EvalSet set,
                                                 const State& state, RoundRecord& record) {
  std::vector<MemberPtr> able;
  for (const auto& [id, member] : members_.all()) {
    if (job_.eval.where == "clients" ? member->ready.dev_samples > 0
                                     : member->role == Role::kEvaluator) {
      able.push_back(member);
    }
  }
  if (copies_) {
    std::shared_ptr<BodyModel> copy;
    co_await lane_.run([&] { copy = copies_->make(state); });
    copies_->show(std::move(copy));
  }
  Evaluation out;
  out.clients = co_await ask_all(std::move(able), record, [&](const MemberPtr& member) {
    return evaluate_one(member, round, set, state);
  });
  if (parts_.task == Task::kCausalLm) out.tokens = tokens_of(out, parts_.form.plan);
  co_return out;
}

}  // namespace cleave
