#include <ATen/ATen.h>
#include <benchmark/benchmark.h>
#include <cstdlib>
#include "client/local_model.h"
#include "common/model/threads.h"
#include "server/body/body_step.h"
#include "simulation/simulation.h"
namespace cleave {
namespace {
struct Setup {
  Job job;
  std::unique_ptr<JobInputs> inputs;
  Body body;
  Batch batch;
  explicit Setup(const char* precision, int tail) {
    job.model.path = "models/minilm";
    job.model.precision = precision;
    job.data.train = "/tmp/jobs/train2000.tsv";
    job.data.labels = {"negative", "positive"};
    job.cut.tail = tail;
    inputs = std::make_unique<JobInputs>(load_inputs(job));
    body = make_body(inputs->model, inputs->parts.cut, parse_precision(precision));
    for (int i = 0; i < 32; ++i) batch.push_back(&inputs->train.examples[i]);
  }
};
void step(benchmark::State& state, const char* precision, int tail) {
  use_one_blas_thread();
  Setup s(precision, tail);
  LocalModel local(s.inputs->parts, s.job, s.inputs->parts.initial);
  for (auto _ : state) {
    Rows rows = local.begin(s.batch);
    BodyStep step = body_forward(s.body, rows);
    auto middle =
        local.middle(step.features.detach().to(at::kFloat), *rows.layout, labels_of(s.batch));
    local.finish(body_backward(std::move(step), middle.grad));
  }
}
BENCHMARK_CAPTURE(step, fp32_t1, "fp32", 1)->Unit(benchmark::kMillisecond)->MinTime(3);
BENCHMARK_CAPTURE(step, fp32_t0, "fp32", 0)->Unit(benchmark::kMillisecond)->MinTime(3);
BENCHMARK_CAPTURE(step, bf16_t1, "bf16", 1)->Unit(benchmark::kMillisecond)->MinTime(3);
}  // namespace
}  // namespace cleave
int main(int argc, char** argv) {
  cleave::pick_blas_kernels();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
