// What each method computes, against the same thing done by other means: a plain prompt with the
// rows that a method should arrive at, or a checkpoint with the change merged into it.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "simulation/whole_model.h"
#include "tests/support/method_case.h"
#include "tests/support/refusal.h"

namespace cleave::testing {
namespace {

using at::Tensor;

constexpr double kSame = 1e-5;

// A model of one method with everything stirred, and a batch for it.
struct Stirred {
  explicit Stirred(const MethodCase& c) : inputs(method_inputs(c)) {
    stir(inputs.parts.initial);
    stir(inputs.parts.body_initial);
  }
  State state() const { return inputs.parts.whole_initial(); }
  Tensor logits() const {
    return WholeModel(inputs.parts, inputs.job, state()).logits(whole_batch(inputs.train, 4));
  }
  JobInputs inputs;
};

// The logits of a plain prompt of the same place and tail, with other rows.
Tensor with_plain_prompt(const Stirred& other, const std::string& at, const Tensor& rows) {
  JobInputs inputs = method_inputs({"prompt", at, "bert", {1, 0}});
  const auto tail = [](const std::string& name) { return name.rfind("tail.", 0) == 0; };
  State state = part_of(other.state(), tail).clone();
  state.add("prompt", rows.clone());
  return WholeModel(inputs.parts, inputs.job, state).logits(whole_batch(inputs.train, 4));
}

Tensor sigmoid_free_softmax(const Tensor& x) { return at::exp(x) / at::exp(x).sum(-1, true); }

TEST(MethodForward, DptIsAPlainPromptOfItsProduct) {
  const Stirred dpt({"dpt", "peft", "bert", {1, 0}});
  const State s = dpt.state();
  const Tensor rows = at::matmul(s.at("dpt.Z"), s.at("dpt.U"));
  EXPECT_LE(max_difference(dpt.logits(), with_plain_prompt(dpt, "peft", rows)), kSame);
}

TEST(MethodForward, UlptIsAPlainPromptOfItsScaledProjection) {
  const Stirred ulpt({"ulpt", "input", "bert", {1, 0}});
  const State s = ulpt.state();
  const std::int64_t r = s.at("ulpt.Z").size(1), d = s.at("ulpt.scale").size(0);
  Stream stream(seed_of(ulpt.inputs.job, Seed::kInit), "ulpt/projection");
  const Tensor projection =
      uniform_tensor({r, d}, std::sqrt(6.0 / static_cast<double>(r + d)), stream);
  const Tensor rows =
      at::matmul(s.at("ulpt.Z"), projection) * s.at("ulpt.scale") + s.at("ulpt.shift");
  EXPECT_LE(max_difference(ulpt.logits(), with_plain_prompt(ulpt, "input", rows)), kSame);
}

TEST(MethodForward, PTuningIsAPlainPromptOfItsEncodersOutput) {
  const Stirred tuned({"p_tuning", "peft", "bert", {1, 0}});
  const State s = tuned.state();
  const auto layer = [&](const Tensor& x, const std::string& name) {
    return at::matmul(x, s.at("p_tuning." + name + ".weight").t()) +
           s.at("p_tuning." + name + ".bias");
  };
  const Tensor rows = layer(
      layer(layer(s.at("p_tuning.table"), "first").clamp_min(0), "second").clamp_min(0), "third");
  EXPECT_LE(max_difference(tuned.logits(), with_plain_prompt(tuned, "peft", rows)), kSame);
}

TEST(MethodForward, EptStyleWithoutOffsetsIsAPlainPromptByItsEquations) {
  Stirred ept({"ept_style", "input", "bert", {1, 0}});
  for (auto& [name, tensor] : ept.inputs.parts.initial.tensors) {
    if (name == "ept_style.A") tensor.zero_();
  }
  const State s = ept.state();
  const Tensor p = s.at("prompt"), b = s.at("ept_style.B");
  const double root = std::sqrt(static_cast<double>(p.size(1)));
  const Tensor f = at::matmul(sigmoid_free_softmax(at::matmul(p, b.t()) / root), b);
  const Tensor p1 = p + s.at("ept_style.fusion") * f;
  const Tensor share = sigmoid_free_softmax(at::matmul(s.at("ept_style.gate"), p1.mean(0)));
  Tensor rows = p1.clone();
  for (std::int64_t h = 0; h < share.size(0); ++h) {
    rows = rows + share[h] * at::matmul(at::gelu(at::matmul(p1, s.at("ept_style.down")[h])),
                                        s.at("ept_style.up")[h]);
  }
  EXPECT_LE(max_difference(ept.logits(), with_plain_prompt(ept, "input", rows)), kSame);
}

// The word offset of ADePT for every id, as another word table.
TEST(MethodForward, AdeptIsAPlainPromptOverAnotherWordTable) {
  const Stirred adept({"adept", "peft", "bert", {1, 0}});
  const State s = adept.state();
  JobInputs inputs = method_inputs({"prompt", "peft", "bert", {1, 0}});
  const ModelConfig& c = inputs.parts.config;
  const Tensor words =
      inputs.parts.stored("embeddings.word_embeddings.weight", {c.vocabulary, c.hidden});
  const Tensor inner =
      (at::matmul(words, s.at("adept.down.weight")) + s.at("adept.down.bias")).clamp_min(0);
  const Tensor table = words + at::matmul(inner, s.at("adept.up.weight")) + s.at("adept.up.bias");
  const WeightSource stored = inputs.parts.frozen.embedding;
  inputs.parts.frozen.embedding = [stored, table](const std::string& name,
                                                  const std::vector<std::int64_t>& shape) {
    return name == "embeddings.word_embeddings.weight" ? table : stored(name, shape);
  };
  const State plain =
      part_of(s, [](const std::string& name) { return name.rfind("adept.", 0) != 0; });
  const Tensor logits =
      WholeModel(inputs.parts, inputs.job, plain).logits(whole_batch(inputs.train, 4));
  EXPECT_LE(max_difference(adept.logits(), logits), kSame);
}

// The logits of the base with `change` applied to the stored tensors of every linear layer.
Tensor with_merged(const Stirred& other, const std::string& model, const Cut& cut,
                   const std::function<Tensor(const std::string&, const Tensor&)>& change) {
  JobInputs inputs = method_inputs({"lora", "any", model, cut});
  const WeightSource stored = inputs.parts.stored;
  inputs.parts.frozen.blocks = [stored, change](const std::string& name,
                                                const std::vector<std::int64_t>& shape) {
    return change(name, stored(name, shape));
  };
  const auto tail = [](const std::string& name) { return name.rfind("tail.", 0) == 0; };
  State state =
      part_of(inputs.parts.whole_initial(), [&](const std::string& name) { return !tail(name); });
  state = merged(state, part_of(other.state(), tail));
  return WholeModel(inputs.parts, inputs.job, state).logits(whole_batch(inputs.train, 4));
}

// The state's tensor for a stored one: METHOD.BLOCK.NAME + suffix, where there is one.
const Tensor* find(const State& state, const std::string& method, const std::string& layer,
                   const std::string& suffix) {
  for (const auto& [name, tensor] : state.tensors) {
    if (name.rfind(method + ".", 0) != 0 || !block_of(name)) continue;
    if (name.substr(name.find('.', method.size() + 1) + 1) == layer + suffix) return &tensor;
  }
  return nullptr;
}

std::string layer_of(const std::string& name) { return name.substr(0, name.rfind('.')); }
bool is_weight(const std::string& name) { return name.rfind(".weight") == name.size() - 7; }

TEST(MethodForward, LoraAndRsloraAreTheirMergedWeights) {
  for (const std::string model : {"bert", "llama", "gpt2"}) {
    for (const bool rslora : {false, true}) {
      SCOPED_TRACE(model);
      Stirred lora({"lora", "any", model, {1, 0}});
      lora.inputs.job.tuning.rslora = rslora;
      const State s = lora.state();
      const double scale = 16 / (rslora ? std::sqrt(2.0) : 2.0);
      const Tensor other =
          with_merged(lora, model, {1, 0}, [&](const std::string& name, const Tensor& w) {
            const Tensor* a = find(s, "lora", layer_of(name), ".A");
            if (!a || !is_weight(name)) return w;
            const Tensor change = at::matmul(*find(s, "lora", layer_of(name), ".B"), *a) * scale;
            return w + (model == "gpt2" ? change.t() : change);
          });
      EXPECT_LE(max_difference(lora.logits(), other), 1e-4);
    }
  }
}

TEST(MethodForward, SvfitIsTheWeightWithOtherSingularValues) {
  const Stirred svfit({"svfit", "any", "bert", {1, 0}});
  const State s = svfit.state();
  const Tensor other =
      with_merged(svfit, "bert", {1, 0}, [&](const std::string& name, const Tensor& w) {
        const Tensor* sigma = find(s, "svfit", layer_of(name), "");
        if (!sigma || !is_weight(name)) return w;
        auto [u, values, v] = at::linalg_svd(w.to(at::kDouble), false);
        values.narrow(0, 0, sigma->size(0)).copy_(*sigma);
        return at::matmul(u * values, v).to(at::kFloat);
      });
  EXPECT_LE(max_difference(svfit.logits(), other), kSame);
}

TEST(MethodForward, VeraIsItsMergedWeight) {
  const Stirred vera({"vera", "any", "bert", {1, 0}});
  const State s = vera.state();
  const auto matrix = [&](const std::string& name, std::int64_t rows, std::int64_t columns) {
    Stream stream(seed_of(vera.inputs.job, Seed::kInit), name);
    return uniform_tensor({rows, columns}, std::sqrt(3.0 / static_cast<double>(columns)), stream);
  };
  const Tensor a = matrix("vera/A/34", 2, 32), b = matrix("vera/B/34", 32, 2);
  const Tensor other =
      with_merged(vera, "bert", {1, 0}, [&](const std::string& name, const Tensor& w) {
        const Tensor* d = find(s, "vera", layer_of(name), ".d");
        if (!d || !is_weight(name)) return w;
        const Tensor* scale = find(s, "vera", layer_of(name), ".b");
        return w + at::matmul(b * *d, a) * scale->unsqueeze(1);
      });
  EXPECT_LE(max_difference(vera.logits(), other), 1e-4);
}

TEST(MethodForward, DifffitsGammaScalesWhatABranchAdds) {
  const Stirred tuned({"difffit", "any", "vit", {1, 0}});
  const State s = tuned.state();
  const Tensor other =
      with_merged(tuned, "vit", {1, 0}, [&](const std::string& name, const Tensor& stored) {
        const Tensor* own = find(s, "difffit", name, "");
        const Tensor value = own ? *own : stored;
        const Tensor* gamma = find(s, "difffit_gamma", layer_of(name), "");
        if (!gamma) return value;
        return is_weight(name) ? value * gamma->unsqueeze(1) : value * *gamma;
      });
  // The embedding's biases are tuned too: leave them out of both.
  Stirred blocks_only({"difffit", "any", "vit", {1, 0}});
  for (auto& [name, tensor] : blocks_only.inputs.parts.initial.tensors) {
    if (name.rfind("difffit.embeddings", 0) != 0) continue;
    tensor.copy_(blocks_only.inputs.parts.stored(name.substr(8), tensor.sizes().vec()));
  }
  EXPECT_LE(max_difference(blocks_only.logits(), other), kSame);
}

TEST(MethodForward, Ia3IsItsMergedWeights) {
  const Stirred ia3({"ia3", "any", "llama", {1, 0}});
  const State s = ia3.state();
  const Tensor other =
      with_merged(ia3, "llama", {1, 0}, [&](const std::string& name, const Tensor& w) {
        const Tensor* l = find(s, "ia3", layer_of(name), "");
        if (!l) return w;
        const bool input = name.find("down_proj") != std::string::npos;
        return input ? w * *l : w * l->unsqueeze(1);
      });
  EXPECT_LE(max_difference(ia3.logits(), other), kSame);
}

// Every block of VPT-deep sees its own rows: the last block's do not depend on the others' alone.
TEST(MethodForward, DeepPromptsReplaceWhatTheBlockBeforeMadeOfItsRows) {
  const Stirred deep({"deep", "any", "bert", {1, 0}});
  const State s = deep.state();
  const JobParts& parts = deep.inputs.parts;
  const Batch batch = whole_batch(deep.inputs.train, 4);
  const Layout text = text_layout(*parts.head.embedder, batch);
  const Head whole = make_head(deep.inputs.model, {parts.config.layers, 0}, Precision::kFp32);
  Rows rows{whole.embedder->embed(batch), std::make_shared<Layout>(text)};
  for (std::int64_t k = 0; k < parts.config.layers; ++k) {
    if (k > 0) rows = remove_prompt(rows);
    rows = insert_rows(rows, s.at("deep." + std::to_string(k)), 1);
    rows.x = (*whole.blocks[static_cast<std::size_t>(k)])(rows.x, *rows.layout);
  }
  const Tensor logits = at::linear(pool_rows(rows.x, *rows.layout, Pool::kMean),
                                   s.at("tail.classifier.weight"), s.at("tail.classifier.bias"));
  EXPECT_LE(max_difference(deep.logits(), logits), kSame);
}

TEST(MethodForward, DeptAtRankZeroIsThePromptAndWithoutRowsItsOffsetsAlone) {
  const auto logits = [](Job job) {
    const JobInputs inputs = tiny_inputs(job);
    State state = inputs.parts.whole_initial();
    stir(state);
    return std::pair{
        state, WholeModel(inputs.parts, inputs.job, state).logits(whole_batch(inputs.train, 4))};
  };
  Job job = method_job({"dept", "peft", "bert", {1, 0}});
  job.data.max_length = 20;  // as long as the texts
  job.tuning.rank = 0;
  Job prompt = job;
  prompt.tuning.method = "prompt";
  const auto [state, at_zero] = logits(job);
  EXPECT_TRUE(equal(state, logits(prompt).first));
  EXPECT_TRUE(at::equal(at_zero, logits(prompt).second));

  job.tuning.rank = 2;
  job.tuning.tokens = 0;
  const auto [bare, offset] = logits(job);
  EXPECT_FALSE(bare.has("prompt"));
  const JobInputs inputs = tiny_inputs(job);
  EXPECT_EQ(inputs.parts.form.plan.rows, 0);
  const Batch batch = whole_batch(inputs.train, 4);
  const Head whole = make_head(inputs.model, {inputs.parts.config.layers, 0}, Precision::kFp32);
  const Layout layout = text_layout(*whole.embedder, batch);
  const double scale = 8 / std::sqrt(2.0);
  Tensor words = whole.embedder->words(batch).clone();
  std::int64_t row = 0;
  for (const std::int64_t n : layout.lengths) {
    const Tensor rows = bare.at("dept.A").narrow(0, 0, n).mm(bare.at("dept.B")) * scale;
    words.narrow(0, row, n).add_(rows);
    row += n;
  }
  const Tensor x = whole(whole.embedder->place(words, layout, batch), layout);
  const Tensor expected =
      at::linear(pool_rows(x, layout, Pool::kMean), bare.at("tail.classifier.weight"),
                 bare.at("tail.classifier.bias"));
  EXPECT_LE(max_difference(offset, expected), kSame);
  job.tuning.rank = 0;
  const std::string why = refusal<DataError>([&] { tiny_inputs(job); });
  EXPECT_NE(why.find("leaves nothing of \"dept\""), std::string::npos) << why;
  for (const char* method : {"prompt", "lora", "prefix", "svfit"}) {
    job.tuning.method = method;
    EXPECT_THROW(tiny_inputs(job), DataError) << method;
  }
}

}  // namespace
}  // namespace cleave::testing
