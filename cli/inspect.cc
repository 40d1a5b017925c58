// cleave inspect: what a model folder, a slice, a state file, an adapter or a run directory holds.
#include <c10/util/accumulate.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command.h"
#include "cli/inspect_adapter.h"
#include "cli/report.h"
#include "common/base/error.h"
#include "common/model/model_lock.h"
#include "common/peft/adapter_config.h"
#include "server/coordinator/run_folder.h"
#include "server/round_table.h"

namespace cleave {
namespace {

void inspect_model(const fs::path& path) {
  const Model model = open_model(path);
  const ModelConfig& c = model.config;
  fmt::print("{} model{}\n", c.model_type,
             fs::exists(path / "model.lock") ? ", a slice: what a device needs" : "");
  fmt::print("width {}, blocks {}, heads {}, feed-forward {}\n", c.hidden, c.layers, c.heads,
             c.intermediate);
  if (c.is_image()) {
    fmt::print("images {0}x{0}, {1} channels, patches {2}x{2}\n", c.image_size, c.channels,
               c.patch_size);
  } else {
    fmt::print("vocabulary {}, positions {}\n", c.vocabulary, c.positions);
  }
  if (!c.labels.empty()) fmt::print("labels {}\n", fmt::join(c.labels, ", "));
  std::int64_t numbers = 0;
  std::uint64_t bytes = 0;
  const auto names = model.checkpoint.names();
  for (const std::string& name : names) {
    const TensorInfo& info = model.checkpoint.entry(name).info;
    numbers += c10::multiply_integers(info.shape);
    bytes += info.end - info.begin;
  }
  fmt::print("tensors {}, numbers {}, {}\n", names.size(), numbers,
             human_bytes(static_cast<double>(bytes)));
  fmt::print("model hash {}\n", hex(verify_model(model).hash));
}

void inspect_state(const fs::path& path) {
  const SavedState saved = load_state(path);
  for (const auto& [key, value] : saved.metadata) fmt::print("{} {}\n", key, value);
  for (const auto& [name, tensor] : saved.state.tensors) {
    fmt::print("{} [{}]\n", name, fmt::join(tensor.sizes().vec(), ", "));
  }
  const std::int64_t numbers = saved.state.numel();
  fmt::print("numbers {}, {}\n", numbers, human_bytes(4.0 * static_cast<double>(numbers)));
}

void inspect_run(const fs::path& path) {
  const RunFolder run = RunFolder::open(path);
  fmt::print("run directory, {} complete rounds\n", run.rounds().size());
  if (run.rounds().empty() && run.state()) {
    fmt::print("imported: it begins with the state of an adapter\n");
    return;
  }
  const auto summary = run.read_json("summary.json");
  const auto measured = run.read_json("measured.json");
  if (!summary || !measured) {
    fmt::print("no summary yet: the run was killed or still goes on\n");
    return;
  }
  try {
    print_summary(*summary, *measured);
  } catch (const Json::exception& error) {
    throw DataError(path.string() + ": summary.json or measured.json is damaged (" + error.what() +
                    ")");
  }
}

int inspect_command(const fs::path& path) {
  if (fs::exists(path / kAdapterConfig)) {
    inspect_adapter(path);
  } else if (fs::exists(path / "config.json")) {
    inspect_model(path);
  } else if (fs::exists(path / "job.toml")) {
    inspect_run(path);
  } else if (path.extension() == ".safetensors" && fs::exists(path)) {
    inspect_state(path);
  } else if (!fs::exists(path)) {
    throw IoError("no such file or folder: " + path.string());
  } else {
    throw UsageError(path.string() +
                     " is neither a model folder (config.json), a run directory "
                     "(job.toml), a PEFT adapter (adapter_config.json) nor a .safetensors file");
  }
  return 0;
}

}  // namespace

void add_inspect(CLI::App& app, Run& run) {
  auto path = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("inspect", "Say what a model, state, adapter or run holds");
  command->add_option("path", *path, "Model folder, slice, state file, adapter or run directory")
      ->required();
  command->footer("Example:\n  cleave inspect models/minilm");
  command->callback([=, &run] { run = [=] { return inspect_command(*path); }; });
}

}  // namespace cleave
