// Where a model is cut: the only file that knows block numbers.
#include <ATen/ATen.h>

#include <algorithm>

#include "common/base/error.h"
#include "common/model/model.h"

namespace cleave {
namespace {

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

at::Tensor filled_up(const at::Tensor& x) {
  const std::int64_t spare = (kKernelRows - x.size(0) % kKernelRows) % kKernelRows;
  const bool fill = x.scalar_type() == at::kBFloat16 && spare > 0;
  return fill ? at::constant_pad_nd(x, {0, 0, 0, spare}) : x;
}

at::Tensor own_rows(const at::Tensor& x, const Layout& layout) {
  return x.size(0) == layout.rows() ? x : x.narrow(0, 0, layout.rows());
}

Rows apply(const std::vector<RowsSite>& sites, Rows rows) {
  for (const RowsSite& site : sites) rows = site(rows);
  return rows;
}

Rows run(const Blocks& blocks, std::int64_t first, Rows rows, const Sites& sites) {
  for (const auto& block : blocks) {
    if (const auto site = sites.entering.find(first++); site != sites.entering.end()) {
      rows.x = own_rows(rows.x, *rows.layout);
      rows = apply(site->second, std::move(rows));
    }
    rows.x = (*block)(filled_up(rows.x), *rows.layout);
  }
  rows.x = own_rows(rows.x, *rows.layout);
  return rows;
}

SharedLayout shared(const Layout& layout) { return std::make_shared<Layout>(layout); }

// A source that notes every name it is asked for and gives empty tensors.
WeightSource recorder(std::vector<std::string>& names) {
  return [&names](const std::string& name, const std::vector<std::int64_t>& shape) {
    names.push_back(name);
    return at::empty(shape, at::device(at::kMeta).dtype(at::kFloat));
  };
}

Linear make_classifier(const ModelConfig& config, const Architecture& architecture,
                       const Readout& readout, const WeightSource& weights) {
  if (readout.pool == Pool::kEveryRow) {
    return {weights(std::string(architecture.output), {readout.labels, config.hidden}), {}};
  }
  const bool bias = readout.pool != Pool::kPooler || architecture.task_class.bias;
  return (bias ? make_linear : make_linear_without_bias)(weights, "classifier", config.hidden,
                                                         readout.labels);
}

}  // namespace

void check_cut(const Cut& cut, const ModelConfig& config) {
  if (cut.head + cut.tail > config.layers) {
    throw DataError(
        "cut.head = " + std::to_string(cut.head) + " and cut.tail = " + std::to_string(cut.tail) +
        " need " + std::to_string(cut.head + cut.tail) + " blocks, the model has " +
        std::to_string(config.layers) + "; to keep all of it on the client write cut.head = " +
        std::to_string(std::max<std::int64_t>(0, config.layers - cut.tail)));
  }
}

Rows Head::operator()(const Batch& batch) const {
  Layout layout = text_layout(*embedder, batch);
  layout.first_position = sites.first_position;
  Rows rows = apply(sites.words, {embedder->words(batch), shared(layout)});
  rows.x = embedder->place(rows.x, *rows.layout, batch);
  rows = apply(sites.embedded, std::move(rows));
  rows.x = rows.x.to(scalar_type(precision));
  return apply(sites.leaving_head, run(blocks, 0, std::move(rows), sites));
}

at::Tensor Head::operator()(at::Tensor x, const Layout& layout) const {
  return run(blocks, 0, {x.to(scalar_type(precision)), shared(layout)}, {}).x;
}

Rows Body::operator()(const Rows& smashed) const {
  const Rows rows{smashed.x.to(scalar_type(precision)), smashed.layout};
  return apply(sites.leaving_body, run(blocks, first, rows, sites));
}

at::Tensor Body::operator()(at::Tensor x, const Layout& layout) const {
  return (*this)(Rows{std::move(x), shared(layout)}).x;
}

at::Tensor Tail::operator()(at::Tensor x, const Layout& layout) const {
  return read(std::move(x), layout).x;
}

Rows Tail::read(at::Tensor x, const Layout& layout) const {
  const Rows rows =
      run(blocks, first, {x.to(classifier.weight.scalar_type()), shared(layout)}, sites);
  const at::Tensor out = pool_rows(final_norm ? final_norm(rows.x) : rows.x, *rows.layout, pool);
  return {classifier(dense.weight.defined() ? at::tanh(dense(out)) : out), rows.layout};
}

FrozenWeights make_frozen_weights(const Model& model, Precision precision) {
  const Precision embedding = precision == Precision::kFp64 ? precision : Precision::kFp32;
  return {precision, remembered(frozen_weights(model, embedding)),
          remembered(frozen_weights(model, precision))};
}

Head make_head(const ModelConfig& config, const Architecture& architecture, const Cut& cut,
               const FrozenWeights& weights, const Sites& sites) {
  check_cut(cut, config);
  return {architecture.make_embedder(config, with_sites(weights.embedding, sites)),
          make_blocks(config, architecture, with_sites(weights.blocks, sites), 0, cut.head),
          weights.precision, sites};
}

Body make_body(const ModelConfig& config, const Architecture& architecture, const Cut& cut,
               const FrozenWeights& weights, const Sites& sites) {
  check_cut(cut, config);
  return {make_blocks(config, architecture, with_sites(weights.blocks, sites), cut.head,
                      config.layers - cut.tail),
          weights.precision, cut.head, sites};
}

Head make_head(const Model& model, const Cut& cut, Precision precision) {
  return make_head(model.config, *model.architecture, cut, make_frozen_weights(model, precision),
                   {});
}

Body make_body(const Model& model, const Cut& cut, Precision precision) {
  return make_body(model.config, *model.architecture, cut, make_frozen_weights(model, precision),
                   {});
}

Tail make_tail(const ModelConfig& config, const Architecture& architecture, const Cut& cut,
               const Readout& readout, const WeightSource& weights, const Sites& sites) {
  const WeightSource source = with_sites(weights, sites);
  Tail tail;
  tail.first = config.layers - cut.tail;
  tail.blocks = make_blocks(config, architecture, source, tail.first, config.layers);
  if (architecture.make_final_norm) tail.final_norm = architecture.make_final_norm(config, source);
  const TaskClass& task = architecture.task_class;
  tail.pool = task.row_of(readout.pool);
  if (readout.pool == Pool::kPooler && task.has_dense()) {
    tail.dense = make_linear(weights, std::string(task.dense), config.hidden, config.hidden);
  }
  tail.classifier = make_classifier(config, architecture, readout, weights);
  tail.sites = sites;
  return tail;
}

std::vector<std::string> client_tensor_names(const Model& model, const Cut& cut, Pool pool) {
  check_cut(cut, model.config);
  std::vector<std::string> names;
  const WeightSource record = recorder(names);
  const std::int64_t layers = model.config.layers;
  model.architecture->make_embedder(model.config, record);
  make_blocks(model.config, *model.architecture, record, 0, cut.head);
  make_blocks(model.config, *model.architecture, record, layers - cut.tail, layers);
  if (model.architecture->make_final_norm) {
    model.architecture->make_final_norm(model.config, record);
  }
  if (has_output(model)) names.emplace_back(model.architecture->output);
  if (const TaskClass& task = model.architecture->task_class;
      pool == Pool::kPooler && task.has_dense()) {
    make_linear(record, std::string(task.dense), model.config.hidden, model.config.hidden);
  }
  return names;
}

void check_readout(const Model& model, Pool pool) {
  if (pool == Pool::kEveryRow && !model.config.tied && !has_output(model)) {
    throw DataError(model.checkpoint.folder().string() + " has no " +
                    std::string(model.architecture->output) +
                    ", and its config.json does not say tie_word_embeddings = true, by which the "
                    "words would stand in for it: it is no language model, or saved without its "
                    "output layer");
  }
  const std::string dense(model.architecture->task_class.dense);
  if (pool != Pool::kPooler || dense.empty() || model.checkpoint.has(dense + ".weight")) return;
  throw DataError("cut.pool = \"pooler\": " + model.checkpoint.folder().string() + " has no " +
                  dense +
                  ": it is a checkpoint without the read-out of its task class (take "
                  "cut.pool = \"cls\"), or a slice that was made without --pool pooler");
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
