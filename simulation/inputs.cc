// Loading what a job names.
#include <algorithm>

#include "client/load_data.h"
#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/random.h"
#include "common/data/partition_file.h"
#include "common/data/shots.h"
#include "common/exchange/job_size.h"
#include "simulation/simulation.h"

namespace cleave {
namespace {

std::string group_column(const Job& job) {
  const std::string prefix = "column:";
  return job.federation.partition.rfind(prefix, 0) == 0
             ? job.federation.partition.substr(prefix.size())
             : std::string();
}

Dataset load_if_named(const char* key, const std::string& path, const JobInputs& inputs,
                      const std::string& group = "") {
  if (path.empty()) return {};
  std::error_code error;  // e.g. a name that is too long: not there either
  if (!fs::exists(path, error)) {
    throw IoError(std::string(key) + ": no such file or folder: " + path);
  }
  return load_data(path, inputs.parts, inputs.form, inputs.labels,
                   {inputs.job.data.columns, inputs.job.data.header, group});
}

Partition deal(const Job& job, const Dataset& train) {
  const auto& f = job.federation;
  const std::vector<std::int32_t> labels = labels_of(train);
  const PartitionOptions options{
      seed_of(job, Seed::kPartition), static_cast<std::uint32_t>(f.clients), f.alpha,
      static_cast<std::uint32_t>(f.classes_per_client), static_cast<std::uint32_t>(f.min_size)};
  if (f.partition == "iid") return partition_iid(labels, options);
  if (f.partition == "dirichlet") return partition_dirichlet(labels, options);
  if (f.partition == "quantity") return partition_quantity(labels, options);
  if (f.partition == "pathological") return partition_pathological(labels, options);
  if (f.partition == "bootstrap") return partition_bootstrap(labels, options);
  if (f.partition.rfind("column:", 0) == 0) return partition_groups(train.groups);
  return read_partition(f.partition.substr(std::string("file:").size()), train.size());
}

// Moves a share of train to where dev was.
void hold_out(JobInputs& inputs) {
  std::vector<std::uint32_t> order = all_positions(inputs.train);
  Stream(seed_of(inputs.job, Seed::kPartition), "held_out").shuffle(order);
  const auto held =
      static_cast<std::size_t>(inputs.job.data.held_out * static_cast<double>(order.size()));
  if (held == 0) {
    throw DataError("data.held_out = " + std::to_string(inputs.job.data.held_out) +
                    " holds none of " + std::to_string(order.size()) + " examples out; raise it");
  }
  const auto take = [&](auto begin, auto end) {
    std::sort(begin, end);
    Dataset part;
    for (auto i = begin; i != end; ++i) {
      part.examples.push_back(inputs.train.examples[*i]);
      if (!inputs.train.groups.empty()) part.groups.push_back(inputs.train.groups[*i]);
    }
    return part;
  };
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(held);
  inputs.dev = take(order.begin(), middle);
  inputs.train = take(middle, order.end());
}

}  // namespace

JobInputs load_inputs(const Job& job, bool with_data) {
  if (job.model.path.empty()) {
    throw DataError("model.path is missing: set it to a Hugging Face folder");
  }
  Model model = open_model(job.model.path);
  LabelMap labels = make_label_map(job, model.config);
  std::unique_ptr<Tokenizer> tokenizer;
  if (!model.config.is_image()) tokenizer = load_tokenizer(job.model.path);
  if (with_data) check_job_size(job, model.config, labels.size());
  JobParts parts = make_job_parts(model, job, labels, tokenizer.get());
  JobInputs inputs{
      job, std::move(model), std::move(labels), std::move(tokenizer), {}, std::move(parts), {}, {},
      {}};
  inputs.form = input_form(inputs.parts, inputs.tokenizer.get());
  if (!with_data) return inputs;
  if (job.data.train.empty()) throw DataError("data.train is missing: name the training data");
  inputs.train = load_if_named("data.train", job.data.train, inputs, group_column(job));
  inputs.dev = load_if_named("data.dev", job.data.dev, inputs);
  inputs.test = load_if_named("data.test", job.data.test, inputs);
  if (job.data.held_out > 0) hold_out(inputs);
  if (job.data.shots > 0) {
    const std::uint64_t seed = seed_of(job, Seed::kPartition);
    const auto few = [&](const Dataset& data, const char* what) {
      return few_of_each_class(data, inputs.labels, job.data.shots, seed, what);
    };
    inputs.train = few(inputs.train, "data.train");
    if (inputs.dev.size() > 0) inputs.dev = few(inputs.dev, "data.dev");
  }
  if (job.eval.test && job.data.test.empty()) throw DataError("eval.test needs data.test");
  return inputs;
}

Partition make_partition(const Job& job, const Dataset& train) {
  Partition partition = deal(job, train);
  check_participants(job, partition.clients.size());
  return partition;
}

void check_participants(const Job& job, std::size_t clients) {
  if (static_cast<std::size_t>(job.federation.per_round) <= clients) return;
  throw DataError("federation.per_round = " + std::to_string(job.federation.per_round) +
                  " is above the number of clients, " + std::to_string(clients) +
                  "; lower it, or raise federation.clients");
}

std::string client_id(std::size_t index, std::size_t clients) {
  const std::size_t digits = std::max<std::size_t>(2, std::to_string(clients - 1).size());
  std::string number = std::to_string(index);
  number.insert(0, digits - number.size(), '0');
  return "client-" + number;
}

}  // namespace cleave
