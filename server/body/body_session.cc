#include "server/body/body_session.h"

#include <boost/asio/this_coro.hpp>

#include "common/base/error.h"
#include "common/wire/deadline.h"
#include "common/wire/farewell.h"
#include "common/wire/goodbye.h"
#include "common/wire/tally.h"

namespace cleave {
namespace {

// An answer must have left before more is read: who asks on and never reads costs one.
asio::awaitable<void> send(Link& link, Frame frame, const FrameHeader& request) {
  frame.header.round = request.round;
  frame.header.step = request.step;
  co_await link.send(std::move(frame));
  co_await link.drain();
}

// The client's half of a step. `slot` is lent meanwhile, and `step` dropped where it goes.
asio::awaitable<Frame> wait_for_gradient(BodyService& service, Link& link, Frame features,
                                         const FrameHeader& request, Slots::Held& slot,
                                         BodyStep& step) {
  const Deadline deadline(co_await asio::this_coro::executor, link, service.step_deadline,
                          "no answer within a step's deadline of " +
                              std::to_string(service.step_deadline.count()) + " ms");
  const bool was_slow = service.slow.erase(link.peer()) > 0;
  slot.lend(was_slow ? std::chrono::milliseconds(0) : service.patience, [&service, &link, &step] {
    step = {};
    service.slow.insert(link.peer());
  });
  co_await send(link, std::move(features), request);
  co_return co_await receive_expected(link, Kind::kFeaturesGrad, request.round, request.step);
}

asio::awaitable<void> training_step(BodyService& service, Link& link, Frame smashed) {
  const FrameHeader request = smashed.header;
  const RowsForm& form = service.form;
  Slots::Held slot = co_await service.slots.take();
  std::shared_ptr<BodyModel> body =
      service.copies.training(link.peer(), request.round, request.step);
  Rows rows;
  Layout layout;
  BodyStep step;
  BodyWork work;
  Frame features = co_await service.lane.run([&] {
    rows = parse_smashed(std::move(smashed), form);
    work = work_of(*rows.layout, form.plan.rows);
    step = body->forward(rows);
    layout = *step.features.layout;
    return rows_frame(Kind::kFeatures, step.features.x, form);
  });
  Frame grad = co_await wait_for_gradient(service, link, std::move(features), request, slot, step);

  service.copies.witness().trained(link, work);
  const bool again = !slot.reclaim();
  if (again) {
    slot = co_await service.slots.take();
    body = service.copies.training(link.peer(), request.round, request.step);
  }
  Frame answer = co_await service.lane.run([&] {
    const at::Tensor gradient = parse_rows(std::move(grad), layout, form);
    if (again) step = body->forward(rows);
    return rows_frame(Kind::kSmashedGrad, body->backward(std::move(step), gradient), form);
  });
  slot.release();
  co_await send(link, std::move(answer), request);
}

asio::awaitable<void> evaluation_step(BodyService& service, Link& link, Frame smashed) {
  const FrameHeader request = smashed.header;
  Slots::Held slot = co_await service.slots.take();
  const std::shared_ptr<BodyModel> body = service.copies.shown();
  BodyWork work;
  Frame features = co_await service.lane.run([&] {
    const Rows rows = parse_smashed(std::move(smashed), service.form);
    work = work_of(*rows.layout, service.form.plan.rows);
    return rows_frame(Kind::kEvalFeatures, body->inference(rows).x, service.form);
  });
  service.copies.witness().evaluated(link, work);
  slot.release();
  co_await send(link, std::move(features), request);
}

asio::awaitable<void> answer_until_bye(BodyService& service, Link& link) {
  for (;;) {
    Frame frame = co_await link.receive();
    switch (frame.header.kind) {
      case Kind::kSmashed:
        co_await training_step(service, link, std::move(frame));
        break;
      case Kind::kEvalSmashed:
        co_await evaluation_step(service, link, std::move(frame));
        break;
      case Kind::kTally:
        co_await answer_tally(link, frame);
        break;
      case Kind::kBye:
        co_await answer_goodbye(link, frame);
        co_return;
      default:
        throw ProtocolError("a " + std::string(kind_name(frame.header.kind)) + " frame from " +
                            link.peer() + " where smashed, eval_smashed, tally or bye belongs");
    }
  }
}

}  // namespace

asio::awaitable<void> serve_body(BodyService& service, Link& link) {
  link.allow(body_limits(service.form));
  BodyWitness& witness = service.copies.witness();
  witness.begin(link);
  std::exception_ptr failure;
  try {
    co_await tell_on_failure(link, answer_until_bye(service, link));
  } catch (...) {
    failure = std::current_exception();
  }
  witness.end(link);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace cleave
