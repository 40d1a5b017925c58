// A model folder that has been opened: configuration, architecture and mapped tensors; and the four
// parts that a cut makes of it. Only cut.cc knows block numbers.
#pragma once

#include <c10/core/ScalarType.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/model/architecture.h"
#include "common/model/checkpoint.h"
#include "common/model/model_config.h"
#include "common/model/pool.h"

namespace cleave {

// kFp64 is for checks of the maths; jobs offer the other two.
enum class Precision { kFp32, kBf16, kFp64 };

Precision parse_precision(const std::string& name);
at::ScalarType scalar_type(Precision precision);

struct Model {
  ModelConfig config;
  const Architecture* architecture = nullptr;
  Checkpoint checkpoint;
};

// Errors: IoError, DataError. Reads headers only.
Model open_model(const std::filesystem::path& folder);

// The stored tensors, converted to `precision` where they are stored otherwise.
WeightSource frozen_weights(const Model& model, Precision precision);
// Whether a language model's output layer is stored apart from its words.
bool has_output(const Model& model);

struct Cut {
  std::int64_t head = 1;  // blocks
  std::int64_t tail = 0;
};

// Errors: DataError when head + tail exceed the model's blocks.
void check_cut(const Cut& cut, const ModelConfig& config);

// What the frozen parts are built from: asked once for each tensor, however many clients there are.
struct FrozenWeights {
  Precision precision = Precision::kFp32;
  WeightSource embedding;  // looked up, not multiplied: bf16 would only cost memory and digits
  WeightSource blocks;
};

FrozenWeights make_frozen_weights(const Model& model, Precision precision);

using Blocks = std::vector<std::unique_ptr<Block>>;

// Embedding and the first blocks; on the client, frozen.
struct Head {
  std::unique_ptr<Embedder> embedder;
  Blocks blocks;
  Precision precision = Precision::kFp32;
  Sites sites = {};

  Rows operator()(const Batch& batch) const;
  // The blocks alone, on rows that have been embedded.
  at::Tensor operator()(at::Tensor x, const Layout& layout) const;  // (R, D)
};

// The blocks between; on the server, frozen.
struct Body {
  Blocks blocks;
  Precision precision = Precision::kFp32;
  std::int64_t first = 0;  // the number of its first block
  Sites sites = {};

  Rows operator()(const Rows& smashed) const;
  at::Tensor operator()(at::Tensor x, const Layout& layout) const;
};

// The last blocks, final norm, pooling and classifier; on the client, tuned, in the type of its
// weights (fp32 in every job).
struct Tail {
  Blocks blocks;
  Norm final_norm;
  Pool pool = Pool::kMean;  // which rows are read
  Linear dense;             // with tanh, before the classifier; without a weight: none
  Linear classifier;
  std::int64_t first = 0;
  Sites sites = {};

  at::Tensor operator()(at::Tensor x, const Layout& layout) const;  // (R, D) -> (B, C)
  // The same with the layout that was read out, which has the rows that the tail's sites insert.
  Rows read(at::Tensor x, const Layout& layout) const;
};

Head make_head(const ModelConfig& config, const Architecture& architecture, const Cut& cut,
               const FrozenWeights& weights, const Sites& sites);
Body make_body(const ModelConfig& config, const Architecture& architecture, const Cut& cut,
               const FrozenWeights& weights, const Sites& sites);
// Without sites.
Head make_head(const Model& model, const Cut& cut, Precision precision);
Body make_body(const Model& model, const Cut& cut, Precision precision);
// What the tail reads rows out as: classes, or the next token of every row.
struct Readout {
  Pool pool = Pool::kMean;
  std::int64_t labels = 0;  // classes, or the vocabulary
};

// `weights` gives stored names for blocks, norm and a task class's dense layer, and
// "classifier.weight", "classifier.bias"; for every row the architecture's own output layer.
Tail make_tail(const ModelConfig& config, const Architecture& architecture, const Cut& cut,
               const Readout& readout, const WeightSource& weights, const Sites& sites = {});

// Canonical names of the stored tensors that a part needs.
std::vector<std::string> client_tensor_names(const Model& model, const Cut& cut,
                                             Pool pool = Pool::kMean);
// Errors: DataError where the checkpoint has not what the read-out needs.
void check_readout(const Model& model, Pool pool);
std::vector<std::string> backbone_tensor_names(const ModelConfig& config,
                                               const Architecture& architecture);

}  // namespace cleave
