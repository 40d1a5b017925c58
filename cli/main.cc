// The `cleave` program: tools for whoever runs, predicts or inspects jobs.
#include "cli/command.h"
#include "common/program/program.h"

int main(int argc, char** argv) {
  CLI::App app("Federated split fine-tuning: simulate, evaluate, predict, price and inspect.",
               "cleave");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer("Example:\n  cleave quickstart");
  cleave::Run run;
  for (const cleave::AddCommand add :
       {cleave::add_quickstart, cleave::add_simulate, cleave::add_eval, cleave::add_predict,
        cleave::add_compare, cleave::add_cost, cleave::add_slice, cleave::add_inspect,
        cleave::add_export, cleave::add_import, cleave::add_pki, cleave::add_job_reference}) {
    add(app, run);
  }
  // Rounds are told by the progress on stderr: what every client logs would drown it.
  return cleave::run_program(
      app, argc, argv, [&] { return run(); }, "warn");
}
