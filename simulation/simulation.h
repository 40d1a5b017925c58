// A whole federated job in one process: real clients, coordinator and body over memory links. It
// adds no algorithm of its own; what it decides is how the data is dealt.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/context.h"
#include "common/data/load_dataset.h"
#include "common/data/partition.h"
#include "common/wire/link.h"
#include "server/coordinator/run_folder.h"

namespace cleave {

// Everything a job names, loaded: model, parts, data, partition.
struct JobInputs {
  Job job;
  Model model;
  LabelMap labels;
  std::unique_ptr<Tokenizer> tokenizer;  // null for images
  InputForm form;
  JobParts parts;
  Dataset train, dev, test;  // dev and test may be empty
};

// Errors: IoError, DataError.
JobInputs load_inputs(const Job& job, bool with_data = true);

// Errors: DataError, also where fewer clients result than a round needs.
Partition make_partition(const Job& job, const Dataset& train);
void check_participants(const Job& job, std::size_t clients);

// "client-0007": padded so that sorted ids are in numeric order.
std::string client_id(std::size_t index, std::size_t clients);

// Processor time of what each side computed.
struct ComputeSeconds {
  double clients = 0, server = 0;
};

struct SimulationOptions {
  int threads = 1;
  std::function<void(const Json& line)> on_round = [](const Json&) {};
  // How far the round in flight is, from 0 to 1 (round_progress.h); after every batch.
  std::function<void(std::uint32_t round, double share)> on_progress = [](std::uint32_t, double) {};
  std::function<Json()> controls = [] { return Json::object(); };  // run after the rounds
  // Stands between every client and its links, e.g. a model of a slow or failing network.
  std::function<std::unique_ptr<Link>(std::unique_ptr<Link>)> wrap_link =
      [](std::unique_ptr<Link> link) { return link; };
  ComputeSeconds* spent = nullptr;  // filled at the end, however the job ends
};

// Runs the job into the folder and returns the summary. SIGINT or SIGTERM abandons the round in
// flight, writes the summary of what is complete and throws Interrupted.
Json simulate(JobInputs& inputs, const Partition& partition, RunFolder& folder,
              const SimulationOptions& options);

}  // namespace cleave
