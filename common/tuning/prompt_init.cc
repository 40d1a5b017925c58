#include "common/tuning/prompt_init.h"

#include <ATen/ATen.h>

#include "common/base/error.h"
#include "common/base/random.h"
#include "common/model/token_embedder.h"

namespace cleave {
namespace {

using at::Tensor;

Tensor vectors(const TuningContext& context, const Example& words, bool bare) {
  return bare ? context.embedder->words({&words}) : context.embedder->embed({&words});
}

Example text_of(std::vector<std::int32_t> ids) {
  Example words;
  words.pair_begin = static_cast<std::int32_t>(ids.size());
  words.ids = std::move(ids);
  return words;
}

// The ids of a text without special tokens.
std::vector<std::int32_t> ids_of(const TuningContext& context, const std::string& text) {
  if (!context.tokenizer) {
    throw DataError("tuning.init = \"" + context.job.tuning.init +
                    "\" needs a tokenizer: the model reads images; take \"vocabulary\"");
  }
  const std::vector<std::int32_t> ids = context.tokenizer->pieces(text);
  if (ids.empty()) throw DataError("tuning.init: \"" + text + "\" has no tokens");
  return ids;
}

// `ids` again and again, cut to `rows`.
Tensor repeated(const TuningContext& context, const std::vector<std::int32_t>& ids,
                std::int64_t rows, bool bare) {
  std::vector<std::int32_t> filled;
  for (std::int64_t i = 0; i < rows; ++i) {
    filled.push_back(ids[static_cast<std::size_t>(i) % ids.size()]);
  }
  return vectors(context, text_of(std::move(filled)), bare);
}

// Each class name as the mean of its words, in the labels' order, over what `rest` begins with.
Tensor of_labels(const TuningContext& context, Tensor rest, bool bare) {
  std::int64_t row = 0;
  for (const std::string& label : context.labels) {
    if (row == rest.size(0)) break;
    rest[row++].copy_(vectors(context, text_of(ids_of(context, label)), bare).mean(0));
  }
  return rest;
}

// Lester's random start: uniform in +-0.5.
Tensor uniform(Stream& stream, std::int64_t rows, std::int64_t width) {
  Tensor out = at::empty({rows, width}, at::kFloat);
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    out.data_ptr<float>()[i] = static_cast<float>(stream.uniform() - 0.5);
  }
  return out;
}

}  // namespace

Tensor initial_rows(const TuningContext& context, std::int64_t rows, bool bare,
                    std::string_view purpose) {
  const auto& t = context.job.tuning;
  if (!context.config.is_image() && rows > context.config.positions) {
    throw DataError("tuning.tokens = " + std::to_string(rows) + " is above the model's " +
                    std::to_string(context.config.positions) + " positions; lower it");
  }
  Stream stream(seed_of(context.job, Seed::kInit), purpose);
  const auto draw = [&] { return stream.uniform(); };
  if (t.init == "random") return uniform(stream, rows, context.config.hidden);
  if (t.init == "text") return repeated(context, ids_of(context, t.text), rows, bare);
  Tensor words = bare && !context.config.is_image()
                     ? vectors(context, random_words(rows, context.config.vocabulary, draw), true)
                     : context.embedder->fresh_prompt(rows, draw).contiguous();
  return t.init == "labels" ? of_labels(context, words.clone(), bare) : words;
}

}  // namespace cleave
