// What a tuning method brings: the tensors it trains, and where they act in a model. A method is
// one file in common/tuning/methods and one line in method.cc; it neither trains nor sends.
//
// A tensor is named METHOD[.BLOCK[.REST]], e.g. "prompt", "lora.3.encoder.layer.3.NAME.A": the
// number says which block it belongs to, and so which side of the cut it lives on; without one it
// belongs to the embedding.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/job.h"
#include "common/data/tokenizer.h"
#include "common/model/model.h"
#include "common/tuning/factors.h"
#include "common/tuning/state.h"

namespace cleave {

// Tensors that follow from the frozen weights alone and take long to make, e.g. an SVD: made once
// for all clients of a process. Thread-safe.
class DerivedTensors {
 public:
  at::Tensor operator()(const std::string& name, const std::function<at::Tensor()>& make);

 private:
  std::mutex turn_;
  std::map<std::string, at::Tensor> known_;
};

// What a method may read. The last part is for initial values: absent where it only acts, or where
// only names and shapes are asked for.
struct TuningContext {
  const Job& job;
  const ModelConfig& config;
  const Architecture& architecture;
  Cut cut;

  WeightSource stored = {};  // the checkpoint's tensors in fp32
  std::shared_ptr<DerivedTensors> derived = {};

  std::vector<std::string> labels = {};
  const Embedder* embedder = nullptr;
  const Tokenizer* tokenizer = nullptr;  // null for images
};

// One trained tensor.
struct Tunable {
  std::string name;
  std::vector<std::int64_t> shape;
  std::function<at::Tensor()> initial;  // fp32; called once at most
};

// Rows that a method adds to every sample.
struct RowsPlan {
  std::int64_t rows = 0;
  std::int64_t begin = 1;           // before which row of a sample
  std::int64_t from_block = 0;      // the first block that sees them
  bool sent = true;                 // the head sends them along; else the body inserts its own
  bool returned = true;             // the features have them
  std::int64_t positions = 0;       // that they take from the text's
  std::int64_t first_position = 0;  // of the rows themselves: what a prefix takes
  bool operator==(const RowsPlan&) const = default;
};

// Multiply-adds that a method makes beside the model's own, forward and backward, and numbers that
// it holds between the two.
struct AddedProducts {
  std::int64_t forward = 0, backward = 0, kept = 0;
  AddedProducts& operator+=(const AddedProducts& other);
};

// What the methods of a job compute, for the closed form of work.
struct MethodWork {
  std::map<std::int64_t, AddedProducts> block;  // for a row in each block
  AddedProducts text;                           // for a row of text, before the first block
  AddedProducts position;                       // for a position of a batch's longest text
  AddedProducts step;                           // once a step
  std::int64_t prefix_rows = 0;                 // of keys and values in every block
};

struct Method {
  std::string_view name;
  std::string_view reads;  // which keys of [tuning] have an effect, with blanks between
  // Names, shapes and initial values. Errors: DataError, where job, model and cut do not allow it,
  // with the reason and what to do instead.
  std::vector<Tunable> (*tunables)(const TuningContext&);
  // Lets the state's tensors act: those of one side, by their names.
  void (*act)(const TuningContext&, const State&, Sites&);
  RowsPlan (*rows)(const TuningContext&) = nullptr;                    // null: adds none
  std::vector<FactorPair> (*factors)(const TuningContext&) = nullptr;  // null: has none
  void (*work)(const TuningContext&, MethodWork&) = nullptr;           // null: no products
  bool may_lack_part = false;  // tuning.tokens or tuning.rank may be 0
  bool vectors = false;        // trains stored vectors in their place: one such method at a time
};

// Whether a key of [tuning] has an effect on a method.
bool reads_key(const Method& method, std::string_view key);

// The names of all methods, in order.
std::vector<std::string_view> method_names();
// Of "prompt+lora", say. Errors: DataError naming the nearest method.
std::vector<const Method*> find_methods(const std::string& names);

// Everything that a job's methods train, and their sum over methods of the rest.
std::vector<Tunable> all_tunables(const TuningContext& context);
RowsPlan rows_plan(const TuningContext& context);
MethodWork method_work(const TuningContext& context);
// Rows of the longest text: data.max_length, or what the added rows leave of the model's positions.
// Errors: DataError where they leave none.
std::int64_t text_rows(const TuningContext& context);
std::vector<FactorPair> factor_pairs(const TuningContext& context);
Sites sites_over(const TuningContext& context, const State& state);
// Entries of a state that act but are not trained, and that no client sends back: the factors that
// federation.aggregation = "freeze_a" keeps as they began, and the changes of the base that
// "stacking" and "residual" make.
std::set<std::string> held_entries(const TuningContext& context);
// A copy of `start`, as leaves; all but what is held require gradients.
State trainable_part(const TuningContext& context, const State& start);

// The block that a tensor belongs to.
std::optional<std::int64_t> block_of(std::string_view name);
// Whether it lives on the server: its block is one of the body's.
bool in_body(std::string_view name, const Cut& cut, const ModelConfig& config);
// The blocks that `tuning.blocks` chooses of head and body; the tail's are trained as they are.
std::vector<std::int64_t> tuned_blocks(const TuningContext& context);

}  // namespace cleave
