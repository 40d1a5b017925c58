#include "common/program/program.h"

#include <cstdio>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/base/version.h"
#include "common/model/threads.h"

namespace cleave {

int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& run) {
  std::string level = "info";
  app.set_version_flag("--version", kProgramVersion);
  app.add_option("--log-level", level, "How much is logged to stderr")
      ->check(CLI::IsMember(kLogLevels));
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
    return std::string(error.what()) + "\nSee " + failed->get_name() + " --help\n";
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::kUsage);
  }
  start_logging(level);
  pick_blas_kernels();
  return guarded_main(app.get_name(), run);
}

}  // namespace cleave
