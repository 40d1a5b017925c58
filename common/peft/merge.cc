#include "common/peft/merge.h"

#include <ATen/ATen.h>

#include "common/base/error.h"
#include "common/peft/linear_edits.h"
#include "common/peft/tail_tensors.h"
#include "common/tuning/methods/methods.h"
#include "common/tuning/stored_svd.h"

namespace cleave {
namespace {

using at::Tensor;

void merge_lora(const TuningContext& context, const State& state, LinearEdits& edits) {
  for (const FactorPair& pair : factor_pairs(context)) {
    if (pair.left.rfind("lora.", 0) != 0) continue;
    const Tensor b = state.at(pair.left).to(at::kDouble), a = state.at(pair.right).to(at::kDouble);
    for (const Target& target : targets_of(context)) {
      if (pair.left != target.stem("lora") + ".B") continue;
      edits.add(target, at::mm(b, a) * pair.scale);
      if (pair.base_change.empty()) continue;
      edits.add(target, state.at(pair.base_change).to(at::kDouble));
    }
  }
}

void merge_svfit(const TuningContext& context, const State& state, LinearEdits& edits) {
  for (const Target& target : targets_of(context)) {
    const StoredSvd svd = stored_svd(context, target);
    const Tensor change = (state.at(target.stem("svfit")) - svd.s).to(at::kDouble);
    edits.add(target, at::mm(svd.u.to(at::kDouble) * change, svd.vt.to(at::kDouble)));
  }
}

void merge_ia3(const TuningContext& context, const State& state, LinearEdits& edits) {
  const LinearRoles& roles = context.architecture.roles;
  std::vector<std::string> ends = roles.key_value;
  ends.insert(ends.end(), roles.feed_forward_ends.begin(), roles.feed_forward_ends.end());
  for (const Target& target : targets_of(context, ends)) {
    const Tensor l = state.at(target.stem("ia3"));
    if (ends_in_any(target.name, roles.feed_forward_ends)) {
      edits.scale_input(target, l);
    } else {
      edits.scale_output(target, l);
    }
  }
}

void merge_gamma(const TuningContext& context, const State& state, LinearEdits& edits) {
  for (const Target& target : targets_of(context, context.architecture.roles.branch_ends)) {
    edits.scale_output(target, state.at(target.stem("difffit_gamma")));
  }
}

// What VeRA adds to a layer is linear in the layer's input: of the unit vectors it is the change
// itself, by the method's own matrices.
void merge_vera(const TuningContext& context, const State& state, LinearEdits& edits) {
  Sites sites;
  kVera.act(context, state, sites);
  for (const Target& target : targets_of(context)) {
    const Tensor units = at::eye(target.in, at::kDouble);
    Tensor change = at::zeros({target.in, target.out}, at::kDouble);
    for (const LinearSite& site : sites.linear.at(target.name)) change = site.after(units, change);
    edits.add(target, change.t());
  }
}

// Only vectors, which stand in place of the checkpoint's.
void merge_vectors(const TuningContext&, const State&, LinearEdits&) {}

// Offset i, of the token that PEFT puts at position P + i behind a prompt of P rows.
void fold_offsets(const TuningContext& context, const State& state, LinearEdits& edits) {
  const ModelConfig& config = context.config;
  const std::string table(context.architecture.position_table);
  if (table.empty() || rows_plan(context).positions != context.job.tuning.tokens) {
    throw DataError(table.empty()
                        ? "\"dept\": a \"" + config.model_type +
                              "\" model has no table of positions that the offsets could go into"
                        : "tuning.at = \"" + context.job.tuning.at +
                              "\": PEFT puts prompts before the words; train with tuning.at = "
                              "\"peft\", or keep the run folder");
  }
  for (const FactorPair& pair : factor_pairs(context)) {
    if (pair.left != "dept.A") continue;
    const Tensor offsets =
        at::mm(state.at(pair.left).to(at::kDouble), state.at(pair.right).to(at::kDouble)) *
        pair.scale;  // (s, D)
    const std::int64_t rows = config.first_position + config.positions;
    const std::int64_t first = config.first_position + context.job.tuning.tokens;
    const std::int64_t count = std::min(offsets.size(0), rows - first);
    Tensor positions = context.stored(table, {rows, config.hidden}).to(at::kDouble).clone();
    positions.narrow(0, first, count) += offsets.narrow(0, 0, count);
    edits.replace(table, positions);
  }
}

struct Merger {
  std::string_view method;
  void (*merge)(const TuningContext&, const State&, LinearEdits&);
};

constexpr Merger kMergers[] = {
    {"lora", merge_lora},     {"svfit", merge_svfit},  {"ia3", merge_ia3},
    {"difffit", merge_gamma}, {"norm", merge_vectors}, {"bitfit", merge_vectors},
    {"vera", merge_vera},     {"dept", fold_offsets},
};

const Merger& merger_of(std::string_view method) {
  for (const Merger& merger : kMergers) {
    if (merger.method == method) return merger;
  }
  throw DataError("tuning.method = \"" + std::string(method) +
                  "\" is no change of weights and cannot be merged: export it as an adapter "
                  "(without --merged), or keep the run folder");
}

}  // namespace

std::map<std::string, at::Tensor> merged_tensors(const TuningContext& context, const State& state) {
  const std::vector<const Method*> methods = find_methods(context.job.tuning.method);
  for (const Method* method : methods) merger_of(method->name);
  LinearEdits edits(context, sites_over(context, state).stored);
  for (const Method* method : methods) merger_of(method->name).merge(context, state, edits);
  std::map<std::string, at::Tensor> out = edits.take();
  for (const auto& [name, tensor] : state.tensors) {
    if (name.rfind("tail.", 0) != 0) continue;
    out[stored_tail_name(context.architecture, name)] = tensor;
  }
  return out;
}

bool leaves_prompt(const TuningContext& context) { return rows_plan(context).rows > 0; }

}  // namespace cleave
