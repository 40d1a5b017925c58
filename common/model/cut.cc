// Where a model is cut: the only file that knows block numbers.
#include <ATen/ATen.h>

#include "common/base/error.h"
#include "common/model/model.h"

namespace cleave {
namespace {

using Blocks = std::vector<std::unique_ptr<Block>>;

Blocks make_blocks(const ModelConfig& config, const Architecture& architecture,
                   const WeightSource& weights, std::int64_t begin, std::int64_t end) {
  Blocks blocks;
  for (std::int64_t i = begin; i < end; ++i) {
    blocks.push_back(architecture.make_block(config, weights, i));
  }
  return blocks;
}

// oneDNN compiles a kernel for every new number of rows of a bf16 product, which takes longer than
// a few rows of zeros: the rows of its kernels are counted in these.
constexpr std::int64_t kKernelRows = 32;

at::Tensor run(const Blocks& blocks, at::Tensor x, const Layout& layout) {
  const std::int64_t rows = x.size(0), spare = (kKernelRows - rows % kKernelRows) % kKernelRows;
  const bool fill = x.scalar_type() == at::kBFloat16 && spare > 0 && !blocks.empty();
  if (fill) x = at::constant_pad_nd(x, {0, 0, 0, spare});
  for (const auto& block : blocks) x = (*block)(x, layout);
  return fill ? x.narrow(0, 0, rows) : x;
}

// A source that notes every name it is asked for and gives empty tensors.
WeightSource recorder(std::vector<std::string>& names) {
  return [&names](const std::string& name, const std::vector<std::int64_t>& shape) {
    names.push_back(name);
    return at::empty(shape, at::device(at::kMeta).dtype(at::kFloat));
  };
}

}  // namespace

void check_cut(const Cut& cut, const ModelConfig& config) {
  if (cut.head + cut.tail > config.layers) {
    throw DataError("cut.head = " + std::to_string(cut.head) + " and cut.tail = " +
                    std::to_string(cut.tail) + " need " + std::to_string(cut.head + cut.tail) +
                    " blocks, the model has " + std::to_string(config.layers));
  }
}

at::Tensor Head::operator()(at::Tensor x, const Layout& layout) const {
  return run(blocks, x.to(scalar_type(precision)), layout);
}

at::Tensor Body::operator()(at::Tensor x, const Layout& layout) const {
  return run(blocks, x.to(scalar_type(precision)), layout);
}

at::Tensor Tail::operator()(at::Tensor x, const Layout& layout) const {
  x = run(blocks, x.to(classifier.weight.scalar_type()), layout);
  if (final_norm) x = final_norm(x);
  return classifier(pool_rows(x, layout, pool));
}

Head make_head(const Model& model, const Cut& cut, Precision precision) {
  check_cut(cut, model.config);
  // An embedding is looked up, not multiplied: bf16 would only cost memory and digits.
  const Precision embedding = precision == Precision::kFp64 ? precision : Precision::kFp32;
  return {
      model.architecture->make_embedder(model.config, frozen_weights(model, embedding)),
      make_blocks(model.config, *model.architecture, frozen_weights(model, precision), 0, cut.head),
      precision};
}

Body make_body(const Model& model, const Cut& cut, Precision precision) {
  check_cut(cut, model.config);
  return {make_blocks(model.config, *model.architecture, frozen_weights(model, precision), cut.head,
                      model.config.layers - cut.tail),
          precision};
}

Tail make_tail(const ModelConfig& config, const Architecture& architecture, const Cut& cut,
               Pool pool, std::int64_t labels, const WeightSource& weights) {
  Tail tail;
  tail.blocks = make_blocks(config, architecture, weights, config.layers - cut.tail, config.layers);
  if (architecture.make_final_norm) tail.final_norm = architecture.make_final_norm(config, weights);
  tail.pool = pool;
  tail.classifier = make_linear(weights, "classifier", config.hidden, labels);
  return tail;
}

std::vector<std::string> client_tensor_names(const Model& model, const Cut& cut) {
  check_cut(cut, model.config);
  std::vector<std::string> names;
  const WeightSource record = recorder(names);
  const std::int64_t layers = model.config.layers;
  model.architecture->make_embedder(model.config, record);
  make_blocks(model.config, *model.architecture, record, 0, cut.head);
  make_blocks(model.config, *model.architecture, record, layers - cut.tail, layers);
  if (model.architecture->make_final_norm)
    model.architecture->make_final_norm(model.config, record);
  return names;
}

std::vector<std::string> backbone_tensor_names(const ModelConfig& config,
                                               const Architecture& architecture) {
  std::vector<std::string> names;
  const WeightSource record = recorder(names);
  architecture.make_embedder(config, record);
  make_blocks(config, architecture, record, 0, config.layers);
  if (architecture.make_final_norm) architecture.make_final_norm(config, record);
  return names;
}

}  // namespace cleave
