#include "client/evaluate.h"

#include <ATen/ATen.h>

#include <memory>

#include "client/local_model.h"
#include "client/objective.h"
#include "client/split_step.h"
#include "common/base/error.h"
#include "common/wire/tally.h"

namespace cleave {

namespace {

void count_classes(EvalReport& report, const at::Tensor& logits, const Batch& batch) {
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

// The one "class" of a language model counts samples; how many tokens they were follows from the
// report's rows.
void count_tokens(EvalReport& report, const at::Tensor& logits, const Layout& layout,
                  const Batch& batch) {
  const NextTokens next = later_tokens(layout, batch);
  const at::Tensor log_p = at::log_softmax(logits.index_select(0, next.rows), 1);  // (N, V)
  report.nll_sum -= log_p.gather(1, next.tokens.unsqueeze(1)).sum(at::kDouble).item<double>();
  report.confusion.resize(1);
  report.confusion[0] += batch.size();
}

}  // namespace

void count_batch(EvalReport& report, const JobParts& parts, const at::Tensor& logits,
                 const Batch& batch) {
  const Layout text = text_layout(*parts.head.embedder, batch);
  if (parts.task == Task::kCausalLm) {
    count_tokens(report, logits, parts.form.read_out(text), batch);
  } else {
    count_classes(report, logits, batch);
  }
  const std::int64_t prompt = parts.form.plan.rows;
  const Layout layout = prompt > 0 ? with_prompt(text, prompt) : text;
  report.work.samples += batch.size();
  report.work.rows += static_cast<std::uint64_t>(layout.rows());
  report.work.squares += static_cast<std::uint64_t>(layout.squares());
  report.batches.push_back(
      {static_cast<std::uint32_t>(batch.size()), static_cast<std::uint32_t>(layout.rows())});
}

asio::awaitable<EvalReport> evaluate(const ClientContext& context, Link& body, EvalSet set,
                                     std::uint32_t round, const State& state) {
  const Dataset* const data = set == EvalSet::kDev ? context.dev : context.test;
  if (!data) throw DataError("asked to evaluate, but this client has no such data");
  const RowsForm& form = context.parts.form;
  const std::unique_ptr<const LocalModel> built = co_await context.lane.run(
      [&] { return std::make_unique<LocalModel>(context.parts, context.job, state); });
  const LocalModel& local = *built;
  EvalReport report;
  StepId id{round, 0};
  for (const Batch& batch : in_order_batches(*data, context.job.eval.batch)) {
    const at::Tensor logits = co_await split_logits(local, body, context.lane, batch, form, id);
    co_await context.lane.run([&] { count_batch(report, context.parts, logits, batch); });
    context.worked(batch.size());
    ++id.step;
  }
  report.body = body.ledger();
  co_return report;
}

}  // namespace cleave
