// What the types that act in modules share: which blocks and modules an adapter changes, and the
// one-to-one relation between a state's tensors and a folder's.
#pragma once

#include <functional>
#include <set>

#include "common/peft/peft_type.h"

namespace cleave {

// How the names of a module's low-rank factors go on.
inline constexpr const char* kLoraA = ".lora_A.weight";
inline constexpr const char* kLoraB = ".lora_B.weight";

// A state's tensor in the folder.
struct StoredAs {
  std::string module, name;         // "encoder.layer.0.attention.self.query", and of the tensor
  std::vector<std::int64_t> shape;  // as many numbers
};
using Placing = std::function<StoredAs(const std::string& name, const std::vector<std::int64_t>&)>;

// What a folder changes, by its config or, where that has a pattern, by its tensors.
class Choice {
 public:
  explicit Choice(const AdapterSource& source);
  bool operator()(const std::string& module) const;

 private:
  bool in_layers(const std::string& module) const;
  bool has_tensors(const std::string& module) const;

  const AdapterConfig& config_;
  const Architecture& architecture_;
  std::set<std::string> present_;
};

// A tensor that a type keeps of a module.
struct ModuleTensor {
  std::string module, name;
};
// Of all linear layers of the blocks, one with every suffix.
std::vector<ModuleTensor> linear_tensors(const Model& model,
                                         const std::vector<std::string>& suffixes);
// Errors: DataError naming the first tensor of a module that the config chooses and that the folder
// lacks, and where it chooses none of the modules.
void expect_chosen(const AdapterSource& source, const std::vector<ModuleTensor>& tensors);

// "METHOD.BLOCK.REST" or "METHOD.REST" without what comes before REST.
std::string rest_of(const std::string& name);

// tuning.blocks by the blocks that have tensors ending in `suffix`, and the head that it needs.
void configure_blocks(const AdapterSource& source, const std::string& suffix, Job& job);

// Every tensor that the job tunes. A module that the config does not choose begins as the method
// does, which leaves the base as it is. Errors: DataError for one that it chooses and that is
// missing.
State read_modules(const AdapterSource& source, const TuningContext& context,
                   const Placing& placing);

// Whether ends of names choose modules outside of the blocks too.
bool reach_further(const TuningContext& context, const std::vector<std::string>& ends);

// The tensors of one method, and target_modules: `ends`, where all blocks are tuned and they choose
// nothing else, or every module by its whole name.
void write_modules(const TuningContext& context, const State& state, const Placing& placing,
                   const std::vector<std::string>& ends, NewAdapter& out);

}  // namespace cleave
