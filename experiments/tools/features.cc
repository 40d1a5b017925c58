// Writes the frozen model's pooled features of a labelled file, for linear probes: no prompt, mean
// (or the job's pool) over a text's own rows. Usage: features JOB.toml DATA OUT.safetensors
#include <ATen/ATen.h>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/model/threads.h"
#include "simulation/linear_probe.h"

namespace cleave {
namespace {

int write_features(const std::string& job, const std::string& path, const std::string& out) {
  const JobInputs inputs = load_inputs(load_job(job, {}).job, /*with_data=*/false);
  const Dataset data = load_dataset(path, inputs.form, inputs.labels,
                                    {inputs.job.data.columns, inputs.job.data.header, ""});
  State result;
  result.add("features", pooled_features(inputs, data).contiguous());
  std::vector<float> labels;
  for (const Example& example : data.examples) labels.push_back(static_cast<float>(example.label));
  result.add("labels", at::tensor(labels));
  save_state(out, result, {{"data", path}});
  return 0;
}

}  // namespace
}  // namespace cleave

int main(int argc, char** argv) {
  return cleave::guarded_main("features", [&] {
    if (argc != 4) throw cleave::UsageError("expected JOB.toml DATA OUT.safetensors");
    cleave::start_logging("info");
    cleave::pick_blas_kernels();
    return cleave::write_features(argv[1], argv[2], argv[3]);
  });
}
