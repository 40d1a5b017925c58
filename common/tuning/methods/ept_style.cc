// EPT-style: OUR construction after what is known of EPT (Lan et al., AAAI 2025), whose equations
// are not published; nothing measured with it says anything about EPT itself. Known are a prompt
// decomposed by SVD into a short one and a low-rank pair, an attention fusion of the two, and a
// projection into several spaces that a gate recombines. The rest is ours (spec tuning_methods.md
// 5):
//
//   E' = E + c A B                                     offsets as in DePT
//   F  = softmax(P B^T / sqrt(D)) B,  P1 = P + g F     fusion; g = 0 at first
//   Z_h = gelu(P1 D_h) U_h,  pi = softmax(W mean(P1))  spaces h = 1 .. H; U_h = 0 at first
//   P* = P1 + sum_h pi_h Z_h
//
// B begins as sqrt(S) V^T of as many further initial rows as the pair's size pays for, A as zero:
// step 0 is the short prompt alone.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "common/tuning/methods/methods.h"
#include "common/tuning/prompt_init.h"
#include "common/tuning/prompt_place.h"
#include "common/tuning/targets.h"
#include "common/tuning/word_offset.h"

namespace cleave {
namespace {

using at::Tensor;

// sqrt(S_r) V_r^T of other rows than the prompt's: (r, D), zero below what they span.
Tensor right_factor(const TuningContext& context) {
  const auto& t = context.job.tuning;
  const Tensor rows = initial_rows(context, std::max(t.rank, t.tokens),
                                   context.job.tuning.at == "peft", "init/ept.B");
  const auto [u, s, v] = at::linalg_svd(rows.to(at::kDouble), /*full_matrices=*/false);
  const std::int64_t rank = std::min(t.rank, s.size(0));
  Tensor out = at::zeros({t.rank, context.config.hidden}, at::kFloat);
  out.narrow(0, 0, rank).copy_(s.narrow(0, 0, rank).sqrt().unsqueeze(1) * v.narrow(0, 0, rank));
  return out;
}

std::vector<Tunable> tunables(const TuningContext& context) {
  check_on_client(context, "ept_style");
  const auto& t = context.job.tuning;
  const std::int64_t d = context.config.hidden, rows = text_rows(context);
  const auto zeros = [](std::vector<std::int64_t> shape) {
    return [shape] { return at::zeros(shape, at::kFloat); };
  };
  const auto uniform = [&context](std::vector<std::int64_t> shape, std::int64_t in,
                                  const char* name) {
    return [&context, shape, in, name] {
      Stream stream(seed_of(context.job, Seed::kInit), name);
      return uniform_tensor(shape, 1 / std::sqrt(static_cast<double>(in)), stream);
    };
  };
  const std::vector<std::int64_t> down{t.spaces, d, t.space_width}, up{t.spaces, t.space_width, d};
  std::vector<Tunable> out = offset_tunables(
      context, "ept_style", {zeros({rows, t.rank}), [&context] { return right_factor(context); }});
  out.push_back({"ept_style.fusion", {1}, zeros({1})});
  out.push_back({"ept_style.down", down, uniform(down, d, "init/ept.down")});
  out.push_back({"ept_style.up", up, zeros(up)});
  out.push_back({"ept_style.gate", {t.spaces, d}, uniform({t.spaces, d}, d, "init/ept.gate")});
  out.push_back(prompt_rows_tunable(context));
  return out;
}

Tensor fused(const Tensor& prompt, const Tensor& b, const Tensor& g) {
  const double scale = 1 / std::sqrt(static_cast<double>(prompt.size(1)));
  return prompt + g * at::mm(at::softmax(at::mm(prompt, b.t()) * scale, -1), b);  // (P, D)
}

Tensor projected(const Tensor& p, const Tensor& down, const Tensor& up, const Tensor& gate) {
  const Tensor spaces = at::matmul(at::gelu(at::matmul(p, down)), up);  // (H, P, D)
  const Tensor share = at::softmax(at::mv(gate, p.mean(0)), -1);        // (H)
  return p + (share.view({-1, 1, 1}) * spaces).sum(0);                  // (P, D)
}

void act(const TuningContext& context, const State& state, Sites& sites) {
  if (!state.has("ept_style.A")) return;
  const auto own = [&](const char* name) { return state.at(std::string("ept_style.") + name); };
  sites.words.push_back(word_offset(own("A"), own("B"), offset_scale(context)));
  insert_prompt(
      context,
      [prompt = state.at("prompt"), b = own("B"), g = own("fusion"), down = own("down"),
       up = own("up"),
       gate = own("gate")] { return projected(fused(prompt, b, g), down, up, gate); },
      sites);
}

// The offsets; the fusion's two products, every space's two, the gate: each with two gradients.
void work(const TuningContext& context, MethodWork& out) {
  const auto& t = context.job.tuning;
  const std::int64_t inner = t.rank + t.spaces * t.space_width;
  const std::int64_t once = context.config.hidden * (2 * t.tokens * inner + t.spaces);
  out.position += offset_work(context);
  out.step += {once, 2 * once, 0};
}

}  // namespace

const Method kEptStyle = {.name = "ept_style",
                          .reads = "tokens at init text rank alpha spaces space_width",
                          .tunables = tunables,
                          .act = act,
                          .rows = prompt_plan,
                          .work = work};

}  // namespace cleave
