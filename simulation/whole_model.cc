#include "simulation/whole_model.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "common/codec/rows_codec.h"

namespace cleave {
namespace {

// What the wire would make of rows: a rounding to its precision and back.
at::Tensor over_the_wire(const at::Tensor& x, const RowsForm& form) {
  return decode_rows(encode_rows(x, form.dtype), form.dtype, x.size(0), x.size(1));
}

}  // namespace

WholeModel::WholeModel(const JobParts& parts, const Job& job, const State& start)
    : local(parts, job, client_part(start, parts)),
      body(parts, job, body_part(start, parts)),
      form_(parts.form),
      positions_(parts.config.positions - parts.form.plan.positions),
      end_tokens_(parts.config.end_tokens) {}

StepOutcome WholeModel::step(const Batch& batch) {
  BodyStep step = body.forward(local.begin(batch));
  const Layout layout = *step.features.layout;
  const auto [outcome, grad] = local.middle(step.features.x.to(at::kFloat), layout, batch);
  local.finish(body.backward(std::move(step), grad));
  return outcome;
}

at::Tensor WholeModel::logits(const Batch& batch) const {
  Rows rows = local.smashed(batch);
  rows.x = over_the_wire(rows.x, form_);
  rows = body.inference(rows);
  return local.logits(over_the_wire(rows.x, form_), *rows.layout);
}

std::vector<std::int32_t> WholeModel::continued(const Example& text, std::int64_t tokens) const {
  Example all = text;
  const std::size_t begin = all.ids.size();
  const auto most = static_cast<std::size_t>(positions_);
  for (std::int64_t i = 0; i < tokens && all.ids.size() < most; ++i) {
    const at::Tensor last = logits({&all}).select(0, -1);  // (V)
    const auto next = last.argmax().item<std::int64_t>();
    if (std::find(end_tokens_.begin(), end_tokens_.end(), next) != end_tokens_.end()) break;
    all.ids.push_back(static_cast<std::int32_t>(next));
  }
  return {all.ids.begin() + static_cast<std::ptrdiff_t>(begin), all.ids.end()};
}

void WholeModel::reset_optimizers() {
  local.reset_optimizer();
  body.trainer().reset();
}

void WholeModel::set_anchor() {
  local.set_anchor();
  body.trainer().set_anchor();
}

void WholeModel::set_step(const GlobalStep& at) {
  local.set_step(at);
  body.trainer().set_step(at);
}

void WholeModel::scale_rates(double factor) {
  local.scale_rates(factor);
  body.trainer().scale_rates(factor);
}

}  // namespace cleave
