#include "common/tuning/prompt_place.h"

#include <charconv>

#include "common/base/error.h"
#include "common/tuning/prompt_init.h"

namespace cleave {
namespace {

struct Place {
  std::string at;
  std::int64_t block = 0;  // the first that sees the prompt
  std::int64_t begin = 1;

  bool numbered() const { return at != "input" && at != "peft" && at != "cut"; }
};

std::int64_t block_number(const TuningContext& context) {
  const std::string& at = context.job.tuning.at;
  std::int64_t block = 0;
  const auto [stop, error] = std::from_chars(at.data(), at.data() + at.size(), block);
  const bool number = error == std::errc() && stop == at.data() + at.size();
  if (number && block >= 1 && block < context.config.layers) return block;
  throw DataError("tuning.at: expected \"input\", \"peft\", \"cut\" or a block from 1 to " +
                  std::to_string(context.config.layers - 1) + ", found \"" + at + "\"");
}

void check(const TuningContext& context, const Place& place) {
  if (place.at == "input" && context.architecture.causal) {
    throw DataError("\"" + context.config.model_type +
                    "\" is a causal model: a prompt after row 0 leaves that row blind to it; set "
                    "tuning.at = \"peft\"");
  }
  if (place.at == "peft" && context.config.is_image()) {
    throw DataError(
        "tuning.at = \"peft\" is for text: an image's rows have fixed positions; take \"input\"");
  }
}

Place place_of(const TuningContext& context) {
  Place place{context.job.tuning.at};
  if (place.at == "cut") place.block = context.cut.head;
  if (place.numbered()) place.block = block_number(context);
  if (place.at == "peft" || context.architecture.causal) place.begin = 0;
  check(context, place);
  return place;
}

}  // namespace

std::string prompt_name(const TuningContext& context) {
  const Place place = place_of(context);
  return place.numbered() ? "prompt." + place.at : "prompt";
}

Tunable prompt_rows_tunable(const TuningContext& context) {
  const std::int64_t rows = context.job.tuning.tokens;
  const bool bare = place_of(context).at == "peft";
  return {prompt_name(context), {rows, context.config.hidden}, [&context, rows, bare] {
            return initial_rows(context, rows, bare);
          }};
}

RowsPlan prompt_plan(const TuningContext& context) {
  const Place place = place_of(context);
  return {.rows = context.job.tuning.tokens,
          .begin = place.begin,
          .from_block = place.block,
          .sent = !place.numbered() || place.block < context.cut.head,
          .returned = !place.numbered() || place.block < context.config.layers - context.cut.tail,
          .positions = place.at == "peft" ? context.job.tuning.tokens : 0};
}

void insert_prompt(const TuningContext& context, std::function<at::Tensor()> prompt, Sites& sites) {
  const Place place = place_of(context);
  const RowsSite insert = [prompt = std::move(prompt), begin = place.begin](const Rows& x) {
    return insert_rows(x, prompt(), begin);
  };
  if (place.at == "peft") {
    sites.words.push_back(insert);
  } else if (place.at == "input") {
    sites.embedded.push_back(insert);
  } else if (place.at == "cut") {
    sites.leaving_head.push_back(insert);
  } else {
    sites.entering[place.block].push_back(insert);
  }
}

void check_on_client(const TuningContext& context, std::string_view method) {
  if (!place_of(context).numbered()) return;
  throw DataError("tuning.at = \"" + context.job.tuning.at + "\": \"" + std::string(method) +
                  "\" computes its prompt on the client; take \"input\", \"peft\" or \"cut\"");
}

}  // namespace cleave
