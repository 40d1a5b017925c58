#include "client/session.h"

#include <boost/asio/this_coro.hpp>

#include "client/evaluate.h"
#include "client/train_round.h"
#include "common/base/error.h"
#include "common/base/log.h"
#include "common/base/version.h"
#include "common/wire/deadline.h"
#include "common/wire/farewell.h"
#include "common/wire/goodbye.h"

namespace cleave {
namespace {

constexpr const char* kTooLate = "no answer within a round's deadline";

// The coordinator, too, gives a client no longer than that: who is honest never meets it.
asio::awaitable<RoundWork> train_in_time(const ClientContext& context, Link& body,
                                         std::uint32_t round, State global) {
  const Deadline deadline(co_await asio::this_coro::executor, body, context.round_deadline,
                          kTooLate);
  co_return co_await train_round(context, body, round, std::move(global));
}

asio::awaitable<RoundEnd> receive_round_end(const ClientContext& context, Link& coordinator,
                                            std::uint32_t round) {
  const Deadline deadline(co_await asio::this_coro::executor, coordinator, context.round_deadline,
                          kTooLate);
  co_return parse_round_end(co_await receive_expected(coordinator, Kind::kRoundEnd, round, 0));
}

asio::awaitable<void> train(const ClientContext& context, Link& coordinator, Link& body,
                            Frame order) {
  const std::uint32_t round = order.header.round;
  if (!context.train) throw ProtocolError("asked to train, but this client only evaluates");
  State global =
      co_await context.lane.run([&] { return parse_finite_state(order, context.parts.initial); });
  order.payload = {};
  RoundWork work = co_await train_in_time(context, body, round, std::move(global));
  work.report.coordinator = coordinator.ledger();
  co_await coordinator.send(report_frame(work.report, round));
  Frame update = co_await context.lane.run([&] { return state_frame(Kind::kUpdate, work.state); });
  update.header.round = round;
  co_await coordinator.send(std::move(update));
  const RoundEnd end = co_await receive_round_end(context, coordinator, round);
  log_info("round " + std::to_string(round) + " loss=" + std::to_string(work.report.loss_mean) +
           " kept=" + std::to_string(work.report.kept.samples) + "/" +
           std::to_string(work.report.all.samples) +
           (end.accepted ? "" : " REJECTED: " + end.reason));
}

asio::awaitable<void> answer_evaluation(const ClientContext& context, Link& coordinator, Link& body,
                                        const Frame& order) {
  if (order.header.step > static_cast<std::uint32_t>(EvalSet::kTest)) {
    throw ProtocolError("asked to evaluate set " + std::to_string(order.header.step) +
                        "; there are 0 (dev) and 1 (test)");
  }
  const Deadline deadline(co_await asio::this_coro::executor, body, context.round_deadline,
                          kTooLate);
  const auto set = static_cast<EvalSet>(order.header.step);
  const State state =
      co_await context.lane.run([&] { return parse_finite_state(order, context.parts.initial); });
  EvalReport report = co_await evaluate(context, body, set, order.header.round, state);
  report.coordinator = coordinator.ledger();
  co_await coordinator.send(eval_report_frame(report, order.header.round, order.header.step));
}

asio::awaitable<void> answer_until_bye(const ClientContext& context, Link& coordinator,
                                       Link& body) {
  for (;;) {
    Frame order = co_await coordinator.receive();
    switch (order.header.kind) {
      case Kind::kState:
        co_await train(context, coordinator, body, std::move(order));
        break;
      case Kind::kEvalState:
        co_await answer_evaluation(context, coordinator, body, order);
        break;
      case Kind::kBye:
        log_info("the server says goodbye: " + parse_bye(order).reason);
        co_await say_goodbye(body, "the job is done");
        co_await answer_goodbye(coordinator, order);
        co_return;
      default:
        throw ProtocolError("a " + std::string(kind_name(order.header.kind)) +
                            " frame where state, eval_state or bye belongs");
    }
  }
}

}  // namespace

asio::awaitable<HelloOk> join(Link& link, Role role, const Digest& model_hash, const Digest& hash) {
  // Named first: GCC 12 destroys aggregate temporaries of a co_await expression twice.
  const Hello hello{role, kProgramVersion, model_hash, hash};
  co_await link.send(hello_frame(hello));
  co_return parse_hello_ok(co_await receive_expected(link, Kind::kHelloOk, 0, 0));
}

Ready ready_of(const ClientContext& context) {
  Ready ready;
  const auto labels = static_cast<std::int32_t>(context.parts.labels);
  if (context.train) {
    ready.samples = context.train->size();
    ready.label_counts = label_counts(context.train->examples, labels);
  }
  if (context.dev) ready.dev_samples = context.dev->size();
  return ready;
}

asio::awaitable<void> serve_coordinator(const ClientContext& context, Link& coordinator,
                                        Link& body) {
  const auto session = [](const ClientContext& c, Link& control,
                          Link& steps) -> asio::awaitable<void> {
    co_await control.send(ready_frame(ready_of(c)));
    co_await answer_until_bye(c, control, steps);
  };
  co_await tell_kind_on_failure(coordinator,
                                tell_kind_on_failure(body, session(context, coordinator, body)));
}

}  // namespace cleave
