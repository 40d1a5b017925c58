#include "client/split_step.h"

#include <ATen/ATen.h>

namespace cleave {
namespace {

asio::awaitable<void> send(Link& link, Frame frame, StepId id) {
  frame.header.round = id.round;
  frame.header.step = id.step;
  co_await link.send(std::move(frame));
}

// Without a block between the cuts what the head gives is what the tail takes, and back: in fp32,
// as it would arrive.
StepOutcome local_step(LocalModel& local, const Batch& batch) {
  const Rows rows = local.begin(batch);
  LocalModel::Middle middle = local.middle(rows.x.to(at::kFloat), *rows.layout, batch);
  local.finish(middle.grad);
  return std::move(middle.outcome);
}

at::Tensor local_logits(const LocalModel& local, const Batch& batch) {
  const Rows rows = local.smashed(batch);
  return local.logits(rows.x.to(at::kFloat), *rows.layout);
}

Layout features_layout(const Rows& smashed, const RowsForm& form) {
  return form.features(without_prompt(*smashed.layout));
}

}  // namespace

asio::awaitable<StepOutcome> split_step(LocalModel& local, Link& body, Lane& lane,
                                        const Batch& batch, const RowsForm& form, StepId id) {
  if (form.empty_body) co_return co_await lane.run([&] { return local_step(local, batch); });
  Layout smashed_layout, layout;
  Frame smashed = co_await lane.run([&] {
    const Rows rows = local.begin(batch);
    smashed_layout = *rows.layout;
    layout = features_layout(rows, form);
    return smashed_frame(Kind::kSmashed, rows, form);
  });
  co_await send(body, std::move(smashed), id);

  Frame features = co_await receive_expected(body, Kind::kFeatures, id.round, id.step);
  StepOutcome outcome;
  Frame grad = co_await lane.run([&] {
    LocalModel::Middle middle =
        local.middle(parse_rows(std::move(features), layout, form), layout, batch);
    outcome = std::move(middle.outcome);
    return rows_frame(Kind::kFeaturesGrad, middle.grad, form);
  });
  co_await send(body, std::move(grad), id);

  Frame last = co_await receive_expected(body, Kind::kSmashedGrad, id.round, id.step);
  co_await lane.run([&] { local.finish(parse_rows(std::move(last), smashed_layout, form)); });
  co_return outcome;
}

asio::awaitable<at::Tensor> split_logits(const LocalModel& local, Link& body, Lane& lane,
                                         const Batch& batch, const RowsForm& form, StepId id) {
  if (form.empty_body) co_return co_await lane.run([&] { return local_logits(local, batch); });
  Layout layout;
  Frame smashed = co_await lane.run([&] {
    const Rows rows = local.smashed(batch);
    layout = features_layout(rows, form);
    return smashed_frame(Kind::kEvalSmashed, rows, form);
  });
  co_await send(body, std::move(smashed), id);
  Frame features = co_await receive_expected(body, Kind::kEvalFeatures, id.round, id.step);
  co_return co_await lane.run(
      [&] { return local.logits(parse_rows(std::move(features), layout, form), layout); });
}

}  // namespace cleave
