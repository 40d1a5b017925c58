// cleave job-reference: the text of docs/job.md, from the schema.
#include <fmt/format.h>

#include "cli/command.h"
#include "common/config/job_reference.h"

namespace cleave {
namespace {

int job_reference_command() {
  fmt::print("{}", job_reference());
  return 0;
}

}  // namespace

void add_job_reference(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("job-reference", "Print docs/job.md: every key of a job");
  command->footer("Example:\n  cleave job-reference > docs/job.md");
  command->callback([&run] { run = job_reference_command; });
}

}  // namespace cleave
