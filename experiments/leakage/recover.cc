// Prints as JSON what messages give away.
// Usage: recover tokens JOB.toml SECRET KNOWN TEXTS [key=value ...]
//        recover labels JOB.toml SECRET STATE.safetensors [key=value ...]
// SECRET holds the samples to be found out; KNOWN other texts that the attacker has.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/model/threads.h"
#include "experiments/leakage/label_recovery.h"
#include "experiments/leakage/token_recovery.h"

namespace cleave {
namespace {

constexpr std::int64_t kLength = 20;  // tokens of a text that are looked at
constexpr std::int64_t kKnown = 16;   // samples whose labels the attacker knows

Dataset load(const JobInputs& inputs, const std::string& path, std::size_t at_most) {
  Dataset data =
      load_dataset(path, inputs.form, inputs.labels, {inputs.job.data.columns, false, ""});
  if (data.size() > at_most) data.examples.resize(at_most);
  return data;
}

nlohmann::json tokens(const JobInputs& inputs, const std::string& secret, const std::string& known,
                      std::size_t texts) {
  const Dataset hidden = load(inputs, secret, texts), others = load(inputs, known, 4 * texts);
  const TextRows rows = smashed_rows(inputs, hidden, kLength);
  TextRows mapped = rows;
  mapped.x = mapped_back(smashed_rows(inputs, others, kLength),
                         embedded_rows(inputs, others, kLength), rows.x);
  const Head embedding = make_head(inputs.model, {0, 0}, Precision::kFp32);
  const std::int64_t vocabulary = inputs.model.config.vocabulary;
  const auto share = [&](const Head& dictionary, const TextRows& what) {
    return recovered(nearest_tokens(dictionary, vocabulary, what), rows.tokens);
  };
  return {{"head", inputs.job.cut.head},
          {"texts", hidden.size()},
          {"known_texts", others.size()},
          {"tokens", rows.tokens.size()},
          {"commonest_token", commonest(rows.tokens)},
          {"nearest_embedding", share(embedding, rows)},
          {"nearest_head_output", share(inputs.parts.head, rows)},
          {"mapped_back", share(embedding, mapped)}};
}

nlohmann::json labels(const JobInputs& inputs, const std::string& secret,
                      const std::string& state) {
  const Dataset hidden = load(inputs, secret, 1'000'000);
  const SavedState saved = load_state(state);
  check_same_form(saved.state, inputs.parts.initial, state);
  const SampleGradients gradients = feature_gradients(inputs, hidden, saved.state);
  std::size_t ones = 0;
  for (const std::int32_t label : gradients.labels) ones += label == 1;
  const double share = static_cast<double>(ones) / static_cast<double>(hidden.size());
  return {{"tail", inputs.job.cut.tail},
          {"samples", hidden.size()},
          {"known_labels", kKnown},
          {"majority_class", std::max(share, 1 - share)},
          {"sign_of_leading_direction", told_by_sign(gradients)},
          {"nearest_class_mean", told_by_examples(gradients, kKnown)}};
}

int run(const std::vector<std::string>& words) {
  const bool of_tokens = !words.empty() && words[0] == "tokens";
  const std::size_t needed = of_tokens ? 5 : 4;
  if (words.size() < needed || (!of_tokens && words[0] != "labels")) {
    throw UsageError("expected tokens JOB SECRET KNOWN TEXTS, or labels JOB SECRET STATE");
  }
  const std::vector<std::string> settings(words.begin() + static_cast<long>(needed), words.end());
  const JobInputs inputs = load_inputs(load_job(words[1], settings).job, /*with_data=*/false);
  if (!inputs.tokenizer || inputs.labels.size() != 2) {
    throw DataError(words[1] + ": texts with two labels are expected");
  }
  use_blas_threads(thread_count(inputs.job.run.threads));
  const nlohmann::json result = of_tokens ? tokens(inputs, words[2], words[3], std::stoul(words[4]))
                                          : labels(inputs, words[2], words[3]);
  fmt::print("{}\n", result.dump(1));
  return 0;
}

}  // namespace
}  // namespace cleave

int main(int argc, char** argv) {
  return cleave::guarded_main("recover", [&] {
    cleave::start_logging("info");
    cleave::pick_blas_kernels();
    return cleave::run({argv + 1, argv + argc});
  });
}
