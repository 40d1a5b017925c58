// A job over the tiny BERT of the fixtures with generated texts: small enough for bitwise tests of
// whole runs.
#pragma once

#include <ATen/ATen.h>

#include "common/base/random.h"
#include "simulation/simulation.h"
#include "tests/support/golden.h"

namespace cleave::testing {

inline Dataset tiny_texts(std::size_t count, std::string_view name) {
  Stream stream(7, name);
  Dataset data;
  for (std::size_t i = 0; i < count; ++i) {
    Example example;
    const std::size_t length = 3 + stream.below(10);
    for (std::size_t j = 0; j < length; ++j) {
      example.ids.push_back(static_cast<std::int32_t>(stream.below(120)));
    }
    example.pair_begin = static_cast<std::int32_t>(length);
    example.label = example.ids[0] < 60 ? 0 : 1;
    data.examples.push_back(std::move(example));
  }
  return data;
}

inline Job tiny_job(std::int64_t head = 1, std::int64_t tail = 1) {
  Job job;
  job.model.path = (golden_folder() / "tiny" / "bert").string();
  job.cut.head = head;
  job.cut.tail = tail;
  job.tuning.tokens = 3;
  job.data.labels = {"no", "yes"};
  job.data.dev = "generated";
  job.federation.clients = 3;
  job.federation.per_round = 2;
  job.federation.rounds = 3;
  job.optimizer.batch = 4;
  job.eval.batch = 5;
  job.run.threads = 1;
  return job;
}

inline JobInputs tiny_inputs(const Job& job, std::size_t train = 40, std::size_t dev = 13) {
  Model model = open_model(job.model.path);
  LabelMap labels = make_label_map(job, model.config);
  JobParts parts = make_job_parts(model, job, labels);
  return {job,
          std::move(model),
          std::move(labels),
          nullptr,
          TextInput{},
          std::move(parts),
          tiny_texts(train, "train"),
          tiny_texts(dev, "dev"),
          tiny_texts(dev, "test")};
}

// Makes a generated text one that another tiny model can read, or a picture of it.
inline void fit(Example& example, const ModelConfig& config) {
  if (!config.is_image()) {
    if (example.ids.size() > 8) example.ids.resize(8);
    for (std::int32_t& id : example.ids) id %= static_cast<std::int32_t>(config.vocabulary);
    example.pair_begin = static_cast<std::int32_t>(example.ids.size());
    return;
  }
  Stream stream(static_cast<std::uint64_t>(example.ids[0]), "picture");
  const std::int64_t side = config.image_size;
  for (std::int64_t i = 0; i < config.channels * side * side; ++i) {
    example.pixels.push_back(static_cast<std::uint8_t>(stream.below(256)));
  }
  example.ids.clear();
}

inline Batch whole_batch(const Dataset& data, std::size_t count) {
  Batch batch;
  for (std::size_t i = 0; i < count; ++i) batch.push_back(&data.examples[i]);
  return batch;
}

}  // namespace cleave::testing
