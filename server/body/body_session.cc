#include "server/body/body_session.h"

#include "common/base/error.h"
#include "common/wire/farewell.h"
#include "common/wire/goodbye.h"
#include "common/wire/tally.h"

namespace cleave {
namespace {

asio::awaitable<void> send(Link& link, Frame frame, const FrameHeader& request) {
  frame.header.round = request.round;
  frame.header.step = request.step;
  co_await link.send(std::move(frame));
}

asio::awaitable<void> training_step(BodyService& service, Link& link, Frame smashed) {
  const FrameHeader request = smashed.header;
  const RowsForm& form = service.form;
  Slots::Held slot = co_await service.slots.take();
  const std::shared_ptr<BodyModel> body =
      service.copies.training(link.peer(), request.round, request.step);
  BodyStep step;
  BodyWork work;
  Frame features = co_await service.lane.run([&] {
    Rows rows = parse_smashed(std::move(smashed), form);
    work = work_of(*rows.layout, form.plan.rows);
    step = body->forward(std::move(rows));
    return rows_frame(Kind::kFeatures, step.features.x, form);
  });
  co_await send(link, std::move(features), request);

  Frame grad = co_await receive_expected(link, Kind::kFeaturesGrad, request.round, request.step);
  service.copies.witness().trained(link, work);
  Frame answer = co_await service.lane.run([&] {
    const at::Tensor gradient = parse_rows(std::move(grad), *step.features.layout, form);
    return rows_frame(Kind::kSmashedGrad, body->backward(std::move(step), gradient), form);
  });
  slot.release();
  co_await send(link, std::move(answer), request);
}

asio::awaitable<void> evaluation_step(BodyService& service, Link& link, Frame smashed) {
  const FrameHeader request = smashed.header;
  const Slots::Held slot = co_await service.slots.take();
  const std::shared_ptr<BodyModel> body = service.copies.shown();
  BodyWork work;
  Frame features = co_await service.lane.run([&] {
    const Rows rows = parse_smashed(std::move(smashed), service.form);
    work = work_of(*rows.layout, service.form.plan.rows);
    return rows_frame(Kind::kEvalFeatures, body->inference(rows).x, service.form);
  });
  service.copies.witness().evaluated(link, work);
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
