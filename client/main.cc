// The `cleave-client` program: one device's side of a job.
#include "client/deployment.h"
#include "common/program/passive_wait.h"
#include "common/program/program.h"

int main(int argc, char** argv) {
  CLI::App app("Trains on this device's data, or classifies it, through a split model.",
               "cleave-client");
  std::string config, predict;
  app.add_option("config", config, "The client file: server, cert, key, ca, model, data")
      ->required();
  app.add_option("--predict", predict, "Classify this file through the body server and stop");
  app.footer(
      "Example:\n  cleave-client hospital-a.toml\n"
      "  cleave-client hospital-a.toml --predict texts.txt");
  return cleave::run_program(app, argc, argv, [&] {
    const cleave::ClientConfig loaded = cleave::load_client_config(config);
    if (loaded.threads > 1) cleave::start_again_waiting_passively(argv);
    if (predict.empty()) {
      cleave::run_client(loaded);
    } else {
      cleave::predict_through_server(loaded, predict);
    }
    return 0;
  });
}
