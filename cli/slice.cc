// cleave slice: the files that a device needs for a cut, and no more.
#include <fmt/format.h>

#include "cli/command.h"
#include "common/model/model_lock.h"

namespace cleave {
namespace {

constexpr int kMostBlocks = 10'000;

struct SliceOptions {
  std::string model, out;
  Cut cut;
  std::string pool = "mean";
};

int slice_command(const SliceOptions& options) {
  const Model model = open_model(options.model);
  write_slice(model, options.cut, options.out, parse_pool(options.pool));
  fmt::print("model hash {}\n{}\n", hex(verify_model(model).hash), options.out);
  return 0;
}

}  // namespace

void add_slice(CLI::App& app, Run& run) {
  auto options = std::make_shared<SliceOptions>();
  CLI::App* command = app.add_subcommand("slice", "Write the part of a model that a device needs");
  command->add_option("model", options->model, "A Hugging Face folder")->required();
  command->add_option("--head", options->cut.head, "Blocks of the head")
      ->required()
      ->check(CLI::Range(0, kMostBlocks));
  command->add_option("--tail", options->cut.tail, "Blocks of the tail")
      ->required()
      ->check(CLI::Range(0, kMostBlocks));
  command->add_option("--pool", options->pool, "The job's cut.pool: pooler needs more tensors")
      ->check(CLI::IsMember({"mean", "cls", "last", "pooler"}));
  command->add_option("-o,--out", options->out, "The folder to write")->required();
  command->footer("Example:\n  cleave slice models/minilm --head 1 --tail 0 -o slice");
  command->callback([=, &run] { run = [=] { return slice_command(*options); }; });
}

}  // namespace cleave
