// The frame around the subcommands of `cleave`: each is one file that declares its options and
// returns what to run. Results go to stdout, logs to stderr.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace cleave {

// Adds the subcommand to `app`; when it is chosen, `run` is what main calls.
using Run = std::function<int()>;
using AddCommand = void (*)(CLI::App& app, Run& run);

void add_quickstart(CLI::App& app, Run& run);
void add_simulate(CLI::App& app, Run& run);
void add_eval(CLI::App& app, Run& run);
void add_predict(CLI::App& app, Run& run);
void add_compare(CLI::App& app, Run& run);
void add_cost(CLI::App& app, Run& run);
void add_slice(CLI::App& app, Run& run);
void add_inspect(CLI::App& app, Run& run);
void add_export(CLI::App& app, Run& run);
void add_import(CLI::App& app, Run& run);
void add_pki(CLI::App& app, Run& run);
void add_job_reference(CLI::App& app, Run& run);

}  // namespace cleave
