// Folders that are damaged, hostile or of something that Cleave does not compute: refused by name.
#include <gtest/gtest.h>

#include <limits>

#include "tests/peft/adapter_case.h"
#include "tests/support/refusal.h"

namespace cleave::testing {
namespace {

const std::string kQuery = "base_model.model.bert.encoder.layer.1.attention.self.query";

// What reading a changed copy of a folder of tiny BERT says.
std::string said_of(const std::string& type, const std::function<void(LooseAdapter&)>& change,
                    const AdapterOptions& options = {}) {
  const TemporaryFolder folder;
  LooseAdapter adapter(tiny_adapter(type));
  change(adapter);
  adapter.write(folder / "adapter");
  return refusal(
      [&] { read_adapter(open_model(tiny_model("bert")), folder / "adapter", options); });
}

::testing::AssertionResult names(const std::string& said, const std::string& part) {
  if (said.find(part) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "no \"" << part << "\" in \"" << said << "\"";
}

TEST(PeftRefusal, AMissingTensorIsNamed) {
  const std::string said =
      said_of("lora", [](LooseAdapter& a) { a.tensors.erase(kQuery + ".lora_B.weight"); });
  EXPECT_TRUE(names(said, "encoder.layer.1.attention.self.query.lora_B.weight is missing"));
}

void remove(LooseAdapter& adapter, const std::string& part) {
  std::erase_if(adapter.tensors,
                [&](const auto& entry) { return entry.first.find(part) != std::string::npos; });
}

TEST(PeftRefusal, ABlockWithoutTensorsIsNamed) {
  for (const char* type : {"lora", "ia3", "ln_tuning"}) {
    for (const std::string block : {"encoder.layer.0.", "encoder.layer.3."}) {
      const std::string said = said_of(type, [&](LooseAdapter& a) { remove(a, block); });
      EXPECT_TRUE(names(said, block)) << type;
      EXPECT_TRUE(names(said, "is missing")) << type;
    }
  }
}

TEST(PeftRefusal, ATargetWithoutTensorsIsNamed) {
  EXPECT_TRUE(names(said_of("lora", [](LooseAdapter& a) { remove(a, ".value."); }),
                    "layer.0.attention.self.value.lora_A.weight is missing"));
  EXPECT_TRUE(names(said_of("ia3", [](LooseAdapter& a) { remove(a, ".key."); }),
                    "layer.0.attention.self.key.ia3_l is missing"));
  EXPECT_TRUE(names(said_of("ln_tuning", [](LooseAdapter& a) { remove(a, ".embeddings."); }),
                    "embeddings.LayerNorm.ln_tuning_layers.weight is missing"));
}

TEST(PeftRefusal, LayersToTransformAreLookedFor) {
  EXPECT_TRUE(names(said_of("lora",
                            [](LooseAdapter& a) {
                              a.config["layers_to_transform"] = {0, 2};
                              for (const char* block : {"1.", "2.", "3."}) {
                                remove(a, std::string("layer.") + block);
                              }
                            }),
                    "layer.2.attention.self.query.lora_A.weight is missing"));
}

TEST(PeftRefusal, AllLinearLooksForEveryLinearLayer) {
  EXPECT_TRUE(
      names(said_of("lora", [](LooseAdapter& a) { a.config["target_modules"] = "all-linear"; }),
            "layer.0.attention.self.key.lora_A.weight is missing"));
}

TEST(PeftRefusal, AnAdapterThatChangesNothingIsRefused) {
  for (const char* type : {"lora", "ia3", "ln_tuning"}) {
    EXPECT_TRUE(names(said_of(type,
                              [](LooseAdapter& a) {
                                a.config["target_modules"] = {"nothing"};
                                remove(a, "encoder.layer.");
                                remove(a, ".embeddings.");
                              }),
                      "changes no module"))
        << type;
  }
}

TEST(PeftRefusal, AClassifierWithoutItsBiasIsNamed) {
  for (const std::string& type : adapter_types()) {
    EXPECT_TRUE(names(said_of(type,
                              [](LooseAdapter& a) {
                                a.config.erase("modules_to_save");
                                remove(a, "classifier.bias");
                              }),
                      "classifier.bias is missing"))
        << type;
  }
}

TEST(PeftRefusal, AClassifierThatShouldBeSavedIsNamed) {
  EXPECT_TRUE(names(said_of("lora", [](LooseAdapter& a) { remove(a, "classifier."); }),
                    "the tensor classifier.bias is missing"));
}

TEST(PeftRefusal, ATensorWithoutAPlaceIsNamed) {
  EXPECT_TRUE(names(
      said_of("lora",
              [](LooseAdapter& a) {
                a.tensors["base_model.model.bert.pooler.dense.lora_A.weight"] = at::zeros({4, 32});
              }),
      "pooler.dense.lora_B.weight is missing"));
  EXPECT_TRUE(
      names(said_of("lora", [](LooseAdapter& a) { a.tensors[kQuery + ".bias"] = at::zeros({32}); }),
            "query.bias"));
}

TEST(PeftRefusal, APoolerThatIsScaledIsNamedWithTheCure) {
  const std::string said = said_of("ia3", [](LooseAdapter& a) {
    a.tensors["base_model.model.bert.pooler.dense.ia3_l"] = at::ones({32, 1});
  });
  EXPECT_TRUE(names(said, "pooler.dense.ia3_l changes pooler.dense"));
  EXPECT_TRUE(names(said, "exclude_modules = [\"pooler.dense\"]"));
}

TEST(PeftRefusal, AWrongShapeIsNamed) {
  EXPECT_TRUE(names(said_of("lora",
                            [](LooseAdapter& a) {
                              a.tensors[kQuery + ".lora_A.weight"] = at::zeros({4, 31});
                            }),
                    "[4, 31]"));
  EXPECT_TRUE(names(said_of("lora", [](LooseAdapter& a) { a.config["r"] = 5; }), "lora_A.weight"));
  EXPECT_TRUE(names(
      said_of("prompt_tuning", [](LooseAdapter& a) { a.config["num_virtual_tokens"] = 16000000; }),
      "prompt_embeddings"));
  EXPECT_TRUE(names(said_of("prompt_tuning", [](LooseAdapter& a) { a.config["token_dim"] = 64; }),
                    "token_dim = 64"));
  EXPECT_TRUE(names(said_of("prefix_tuning", [](LooseAdapter& a) { a.config["num_layers"] = 6; }),
                    "num_layers = 6"));
}

TEST(PeftRefusal, ValuesThatAreNotFiniteAreNamed) {
  EXPECT_TRUE(names(said_of("prompt_tuning",
                            [](LooseAdapter& a) {
                              a.tensors["prompt_embeddings"][0][0] =
                                  std::numeric_limits<float>::quiet_NaN();
                            }),
                    "not finite"));
}

TEST(PeftRefusal, ATensorOfIntegersIsNamed) {
  EXPECT_TRUE(names(said_of("prompt_tuning",
                            [](LooseAdapter& a) {
                              a.tensors["prompt_embeddings"] = at::zeros({8, 32}, at::kLong);
                            }),
                    "I64"));
}

TEST(PeftRefusal, NamesThatLeadElsewhereAreRefused) {
  for (const std::string name : {"../../etc/passwd", "base_model.model/x", "a..b", ".x"}) {
    EXPECT_TRUE(
        names(said_of("lora", [&](LooseAdapter& a) { a.tensors[name] = at::zeros({1}); }), name));
  }
}

TEST(PeftRefusal, ATensorUnderTwoNamesIsRefused) {
  EXPECT_TRUE(names(
      said_of(
          "lora",
          [](LooseAdapter& a) {
            a.tensors["encoder.layer.1.attention.self.query.lora_A.weight"] = at::zeros({4, 32});
          }),
      "twice"));
}

TEST(PeftRefusal, LabelsMustFitTheClassifier) {
  EXPECT_TRUE(names(said_of("lora", [](LooseAdapter&) {}, {std::nullopt, {"a", "b", "c"}}),
                    "2 labels, 3 were named"));
}

TEST(PeftRefusal, APickleIsNeverRead) {
  const TemporaryFolder folder;
  make_folder(folder / "adapter");
  LooseAdapter adapter(tiny_adapter("lora"));
  write_atomically(folder / "adapter" / kAdapterConfig, adapter.config.dump());
  const auto read = [&] {
    return refusal([&] { read_adapter(open_model(tiny_model("bert")), folder / "adapter"); });
  };
  EXPECT_TRUE(names(read(), "has no adapter_model.safetensors"));
  write_atomically(folder / "adapter" / "adapter_model.bin", "\x80\x04");
  EXPECT_TRUE(names(read(), "pickle"));
}

TEST(PeftRefusal, AFolderWithoutConfigIsRefused) {
  const std::string said =
      refusal<IoError>([&] { read_adapter(open_model(tiny_model("bert")), tiny_model("bert")); });
  EXPECT_TRUE(names(said, "adapter_config.json"));
}

TEST(PeftRefusal, AModelOfAnotherSizeIsRefused) {
  const std::string said =
      refusal([&] { read_adapter(open_model(tiny_model("gpt2")), tiny_adapter("lora")); });
  EXPECT_FALSE(said.empty());
}

TEST(PeftRefusal, ACutBeyondTheModelIsRefused) {
  EXPECT_TRUE(names(said_of("lora", [](LooseAdapter&) {}, {9, {}}), "cut.head = 9"));
}

}  // namespace
}  // namespace cleave::testing
