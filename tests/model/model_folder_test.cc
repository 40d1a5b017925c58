// The tensors of a model folder under the names, types and forms that people's files have.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/model/model_files.h"
#include "common/model/model_lock.h"
#include "common/tuning/tuned_tail.h"
#include "tests/support/golden.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/texts.h"

namespace cleave::testing {
namespace {

using at::Tensor;
using nlohmann::json;
using Tensors = std::map<std::string, Tensor>;

// A copy of a tiny model with its tensors and configuration changed.
Model changed_model(const TemporaryFolder& folder, const std::string& name,
                    const std::function<void(Tensors&)>& change,
                    const json& keys = json::object()) {
  const Model whole = open_model(golden_folder() / "tiny" / name);
  Tensors tensors;
  for (const std::string& own : whole.checkpoint.names()) {
    tensors[own] = whole.checkpoint.table(own, whole.checkpoint.entry(own).info.shape).clone();
  }
  change(tensors);
  std::vector<NamedTensor> list;
  for (const auto& [own, tensor] : tensors) list.push_back({own, tensor});
  write_tensors(folder / "model.safetensors", list);
  json config = json::parse(read_file(golden_folder() / "tiny" / name / "config.json", 1 << 20));
  config.update(keys);
  write_atomically(folder / "config.json", config.dump());
  return open_model(folder.path());
}

// Each name through `rename`.
std::function<void(Tensors&)> renamed(std::function<std::string(std::string)> rename) {
  return [rename](Tensors& tensors) {
    Tensors out;
    for (const auto& [name, tensor] : tensors) out[rename(name)] = tensor;
    tensors = std::move(out);
  };
}

Tensor features(const Model& model) {
  const Texts texts(at::arange(3, 15).view({2, 6}).to(at::kInt), at::ones({2, 6}));
  return make_head(model, {model.config.layers, 0}, Precision::kFp32)(texts.batch).x;
}

std::string with(std::string name, const std::string& from, const std::string& to) {
  const std::size_t at = name.rfind(from);
  return at == std::string::npos ? name : name.replace(at, from.size(), to);
}

TEST(ModelFolder, NormsOfTheFirstBertFilesAreRead) {
  const TemporaryFolder folder;
  const Model old =
      changed_model(folder, "bert", renamed([](std::string name) {
                      return with(with(std::move(name), "LayerNorm.weight", "LayerNorm.gamma"),
                                  "LayerNorm.bias", "LayerNorm.beta");
                    }));
  const Model current = open_model(golden_folder() / "tiny" / "bert");
  EXPECT_TRUE(features(old).equal(features(current)));
  EXPECT_EQ(verify_model(old).hash, verify_model(current).hash);
}

TEST(ModelFolder, ThePrefixOfAParallelWrapperIsRemoved) {
  for (const std::string name : {"bert", "llama"}) {
    const TemporaryFolder folder;
    const std::string prefix = name == "bert" ? "module.bert." : "module.model.";
    const Model wrapped =
        changed_model(folder, name, renamed([&](const std::string& own) { return prefix + own; }));
    EXPECT_TRUE(features(wrapped).equal(features(open_model(golden_folder() / "tiny" / name))));
  }
}

TEST(ModelFolder, TheSameTensorUnderTwoNamesIsRefused) {
  const TemporaryFolder folder;
  const std::string why = refusal([&] {
    changed_model(folder, "bert", [](Tensors& tensors) {
      tensors["embeddings.LayerNorm.gamma"] = tensors.at("embeddings.LayerNorm.weight").clone();
    });
  });
  EXPECT_NE(why.find("embeddings.LayerNorm.weight twice"), std::string::npos) << why;
}

TEST(ModelFolder, IntegersAreNoWeightsAndHalvesAre) {
  const std::string name = "encoder.layer.0.output.dense.weight";
  for (const at::ScalarType type : {at::kInt, at::kLong, at::kByte, at::kBool}) {
    const TemporaryFolder folder;
    const Model model = changed_model(
        folder, "bert", [&](Tensors& tensors) { tensors[name] = tensors[name].to(type); });
    const std::string why = refusal([&] { features(model); });
    EXPECT_NE(why.find("model.safetensors: " + name + " holds numbers of type"), std::string::npos)
        << why;
  }
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16, at::kDouble}) {
    const TemporaryFolder folder, rounded;
    const auto stored = [&](Tensors& tensors) { tensors[name] = tensors[name].to(type); };
    const auto expected = [&](Tensors& tensors) {
      tensors[name] = tensors[name].to(type).to(at::kFloat);
    };
    EXPECT_TRUE(features(changed_model(folder, "bert", stored))
                    .equal(features(changed_model(rounded, "bert", expected))));
  }
}

TEST(ModelFolder, AMissingTensorIsSaidToBeMissingAndASliceToBeASlice) {
  const TemporaryFolder folder;
  const Model renamed_one = changed_model(folder, "bert", [](Tensors& tensors) {
    tensors["encoder.layer.1.output.dens.weight"] =
        tensors.at("encoder.layer.1.output.dense.weight");
    tensors.erase("encoder.layer.1.output.dense.weight");
  });
  const std::string why = refusal([&] { features(renamed_one); });
  EXPECT_NE(why.find("no tensor encoder.layer.1.output.dense.weight, which a model of its "
                     "config.json has"),
            std::string::npos)
      << why;
  EXPECT_EQ(why.find("slice"), std::string::npos) << why;
  const TemporaryFolder other;
  write_slice(open_model(golden_folder() / "tiny" / "bert"), {1, 0}, other / "slice");
  const std::string of_slice = refusal([&] {
    make_head(open_model(other / "slice"), {2, 0}, Precision::kFp32);
  });
  EXPECT_NE(of_slice.find("a slice for another cut"), std::string::npos) << of_slice;
}

TEST(ModelFolder, ALanguageModelNeedsItsOutputLayerOrTiedWords) {
  const auto without_output = [](Tensors& tensors) { tensors.erase("lm_head.weight"); };
  const auto start = [](const Model& model) {
    State state;
    add_initial_tail(state, model, {1, 0}, {Pool::kEveryRow, model.config.vocabulary});
  };
  const TemporaryFolder untied, tied, gpt2;
  const Model model = changed_model(untied, "llama", without_output);
  const std::string why = refusal([&] { start(model); });
  EXPECT_NE(why.find("has no lm_head.weight"), std::string::npos) << why;
  EXPECT_NE(why.find("tie_word_embeddings"), std::string::npos) << why;
  EXPECT_NO_THROW(
      start(changed_model(tied, "llama", without_output, {{"tie_word_embeddings", true}})));
  EXPECT_NE(refusal([&] {
              start(changed_model(gpt2, "gpt2", without_output, {{"tie_word_embeddings", false}}));
            }),
            "");
}

TEST(ModelFolder, APairsSecondPartHasTypeOneInBertAndZeroInRoberta) {
  Example text;
  text.ids = {5, 6, 7, 8};
  text.pair_begin = 4;
  Example pair = text;
  pair.pair_begin = 2;
  const auto embedded = [](const Model& model, const Example& example) {
    return make_head(model, {1, 0}, Precision::kFp32).embedder->embed({&example});
  };
  const Model bert = open_model(golden_folder() / "tiny" / "bert");
  EXPECT_FALSE(embedded(bert, text).equal(embedded(bert, pair)));
  const TemporaryFolder folder;
  const Model roberta =
      changed_model(folder, "roberta",
                    [](Tensors& tensors) {
                      tensors["embeddings.token_type_embeddings.weight"] = at::rand({2, 32});
                    },
                    {{"type_vocab_size", 2}});
  EXPECT_TRUE(embedded(roberta, text).equal(embedded(roberta, pair)));
}

TEST(Roberta, ThePaddingsTokenCountsForNoPositionWhereverItStands) {
  const Model model = open_model(golden_folder() / "tiny" / "roberta");
  const Head head = make_head(model, {0, 0}, Precision::kFp32);
  const auto padding = static_cast<std::int32_t>(model.config.first_position - 1);
  const auto rows = [&](std::vector<std::int32_t> ids) {
    const auto length = static_cast<std::int32_t>(ids.size());
    const Example text{std::move(ids), length, {}, 0};
    return head.embedder->embed({&text});  // (R, D)
  };
  const at::Tensor without = rows({5, 7}), amid = rows({5, padding, 7, padding});
  EXPECT_TRUE(at::equal(amid[0], without[0]));
  EXPECT_TRUE(at::equal(amid[2], without[1]));
  EXPECT_TRUE(at::equal(amid[1], amid[3]));
  EXPECT_FALSE(at::equal(rows({5, 6, 7})[2], without[1]));
}

}  // namespace
}  // namespace cleave::testing
