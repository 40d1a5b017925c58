// Trains the job's prompt and tail on the pooled data in one process, with as many passes as the
// federation makes, and writes every pass's dev accuracy: the controls of run.control without the
// federation. Usage: controls JOB.toml OUT.json [key=value ...]
#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/log.h"
#include "common/model/threads.h"
#include "simulation/centralised.h"

int main(int argc, char** argv) {
  return cleave::guarded_main("controls", [&] {
    if (argc < 3) throw cleave::UsageError("expected JOB.toml OUT.json [key=value ...]");
    cleave::start_logging("info");
    cleave::pick_blas_kernels();
    const std::vector<std::string> settings(argv + 3, argv + argc);
    const cleave::Job job = cleave::load_job(argv[1], settings).job;
    const cleave::JobInputs inputs = cleave::load_inputs(job);
    const cleave::Json result = cleave::run_controls(inputs, cleave::thread_count(job.run.threads));
    if (result.empty()) throw cleave::UsageError("set run.control and data.dev");
    cleave::write_atomically(argv[2], result.dump(1) + "\n");
    return 0;
  });
}
