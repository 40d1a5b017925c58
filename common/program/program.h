// What the three programs' mains share: version and log-level flags, exit codes, set-up.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace cleave {

// Parses, sets up logging and the BLAS, and runs; returns the exit code. A wrong command line
// prints what is wrong with it and the way to help, and gives 2. `log_level` is the default.
int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& run,
                const std::string& log_level = "info");

}  // namespace cleave
