#include "client/evaluate.h"

#include <ATen/ATen.h>

#include "client/local_model.h"
#include "client/split_step.h"
#include "common/base/error.h"
#include "common/wire/tally.h"

namespace cleave {

void count_batch(EvalReport& report, const at::Tensor& logits, const Batch& batch) {
  const at::Tensor log_p = at::log_softmax(logits, 1).contiguous();  // (B, C)
  const at::Tensor best = logits.argmax(1).contiguous();
  const std::int64_t classes = log_p.size(1);
  report.confusion.resize(static_cast<std::size_t>(classes * classes));
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const std::int64_t label = batch[i]->label;
    const auto row = static_cast<std::int64_t>(i) * classes;
    report.nll_sum -= log_p.data_ptr<float>()[row + label];
    ++report
          .confusion[static_cast<std::size_t>(label * classes + best.data_ptr<std::int64_t>()[i])];
  }
}

asio::awaitable<EvalReport> evaluate(const ClientContext& context, Link& body, EvalSet set,
                                     std::uint32_t round, const State& state) {
  const Dataset* const data = set == EvalSet::kDev ? context.dev : context.test;
  if (!data) throw DataError("asked to evaluate, but this client has no such data");
  const RowsForm& form = context.parts.form;
  const LocalModel local(context.parts, context.job, state);
  EvalReport report;
  StepId id{round, 0};
  for (const Batch& batch : in_order_batches(*data, context.job.eval.batch)) {
    const at::Tensor logits = co_await split_logits(local, body, context.lane, batch, form, id);
    co_await context.lane.run([&] { count_batch(report, logits, batch); });
    const Layout layout =
        with_prompt(text_layout(*context.parts.head.embedder, batch), form.plan.rows);
    report.work.samples += batch.size();
    report.work.rows += static_cast<std::uint64_t>(layout.rows());
    report.work.squares += static_cast<std::uint64_t>(layout.squares());
    report.batches.push_back(
        {static_cast<std::uint32_t>(batch.size()), static_cast<std::uint32_t>(layout.rows())});
    ++id.step;
  }
  report.body = body.ledger();
  co_return report;
}

}  // namespace cleave
