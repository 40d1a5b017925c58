#include "common/program/program.h"

#include <cstdio>

#include "common/base/error.h"
#include "common/base/heap.h"
#include "common/base/log.h"
#include "common/base/version.h"
#include "common/model/threads.h"
#include "common/program/typo.h"

namespace cleave {

int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& run,
                const std::string& log_level) {
  std::string level = log_level;
  app.set_version_flag("--version", kProgramVersion);
  app.add_option("--log-level", level, "How much is logged to stderr; default " + log_level)
      ->check(CLI::IsMember(kLogLevels));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    const Reached at = walk_command_line(app, argc, argv);
    std::fprintf(stderr, "%s: %s. See %s --help\n", at.name.c_str(),
                 at.problem.empty() ? error.what() : at.problem.c_str(), at.name.c_str());
    return static_cast<int>(Exit::kUsage);
  }
  start_logging(level);
  keep_large_blocks_apart();
  pick_blas_kernels();
  use_one_blas_thread();  // of main; lanes say for themselves
  return guarded_main(app.get_name(), [&] {
    const int code = run();
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      throw IoError("cannot write to the standard output; what was printed is not whole");
    }
    return code;
  });
}

}  // namespace cleave
