// Adapters under other names than the checkpoint's: transformers 5's of ViT, PEFT's in memory.
#include "common/peft/other_names.h"

#include <gtest/gtest.h>

#include "tests/peft/exported.h"
#include "tests/support/refusal.h"

namespace cleave::testing {
namespace {

// Older name, newer name: as printed by named_modules() of transformers 4.44 and 5.24.
const std::pair<const char*, const char*> kVitNames[] = {
    {"encoder.layer.0.attention.attention.query", "layers.0.attention.q_proj"},
    {"encoder.layer.11.attention.attention.key", "layers.11.attention.k_proj"},
    {"encoder.layer.0.attention.attention.value", "layers.0.attention.v_proj"},
    {"encoder.layer.0.attention.output.dense", "layers.0.attention.o_proj"},
    {"encoder.layer.2.intermediate.dense", "layers.2.mlp.fc1"},
    {"encoder.layer.2.output.dense", "layers.2.mlp.fc2"},
    {"encoder.layer.2.layernorm_before", "layers.2.layernorm_before"},
    {"layernorm", "layernorm"},
};

TEST(OtherNames, OfVitAreThoseOfTransformers5BothWays) {
  for (const auto& [older, newer] : kVitNames) {
    for (const std::string rest : {"", ".lora_A.weight"}) {
      EXPECT_EQ(newer_name(kVit, older + rest), newer + rest);
      EXPECT_EQ(older_name(kVit, newer + rest), older + rest);
      EXPECT_EQ(older_name(kVit, older + rest), older + rest);
    }
  }
  EXPECT_EQ(newer_name(kBert, kVitNames[0].first), kVitNames[0].first);
  EXPECT_EQ(older_name(kLlama, "layers.0.self_attn.q_proj"), "layers.0.self_attn.q_proj");
}

TEST(OtherNames, InMemoryNameTheAdapterAndAreSavedWithoutIt) {
  EXPECT_EQ(saved_name("h.0.attn.c_attn.lora_A.default.weight"), "h.0.attn.c_attn.lora_A.weight");
  EXPECT_EQ(saved_name("layer.0.key.ia3_l.default"), "layer.0.key.ia3_l");
  EXPECT_EQ(saved_name("LayerNorm.ln_tuning_layers.default.bias"),
            "LayerNorm.ln_tuning_layers.bias");
  EXPECT_EQ(saved_name("classifier.modules_to_save.default.weight"), "classifier.weight");
  EXPECT_EQ(saved_name("layer.0.default.lora_A.weight"), "layer.0.default.lora_A.weight");
  EXPECT_EQ(saved_name("layer.0.lora_A.defaults.weight"), "layer.0.lora_A.defaults.weight");
}

// The same folder with each tensor's name and each end of target_modules changed.
fs::path renamed(const fs::path& from, const fs::path& to,
                 const std::function<std::string(const std::string&)>& name,
                 const std::vector<std::string>& targets) {
  LooseAdapter adapter(from);
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [old, tensor] : adapter.tensors) tensors[name(old)] = tensor;
  adapter.tensors = tensors;
  if (!targets.empty()) adapter.config["target_modules"] = targets;
  return adapter.write(to);
}

TEST(OtherNames, AnAdapterWithThoseInMemoryIsTheSameAdapter) {
  const TemporaryFolder folder;
  const Model model = open_model(tiny_model("bert"));
  for (const std::string type : {"lora", "ia3", "ln_tuning"}) {
    const fs::path path =
        renamed(tiny_adapter(type), folder / type,
                [](const std::string& name) {
                  const std::size_t last = name.rfind('.');
                  if (name.ends_with(".ia3_l")) return name + ".default";
                  const bool saved = name.find(".classifier.") != std::string::npos;
                  return name.substr(0, last) + (saved ? ".modules_to_save" : "") + ".default" +
                         name.substr(last);
                },
                {});
    EXPECT_TRUE(
        equal(read_adapter(model, path).state, read_adapter(model, tiny_adapter(type)).state))
        << type;
  }
}

class VitNames : public ::testing::Test {
 protected:
  // Only the names that transformers of this version has.
  fs::path only(const fs::path& from, const fs::path& to, bool newer) {
    LooseAdapter adapter(from);
    std::erase_if(adapter.tensors, [&](const auto& entry) {
      const bool is_newer = entry.first.find("vit.layers.") != std::string::npos;
      const bool is_older = entry.first.find("vit.encoder.") != std::string::npos;
      return newer ? is_older : is_newer;
    });
    for (const char* key : {"target_modules", "feedforward_modules"}) {
      if (!adapter.config.contains(key)) continue;
      auto& ends = adapter.config[key];
      nlohmann::json kept = nlohmann::json::array();
      for (const std::string end : ends) {
        const bool is_newer = end.find("proj") != std::string::npos ||
                              end.find("fc") != std::string::npos ||
                              end.find("vit.layers.") != std::string::npos;
        const bool both = end.find("layernorm") != std::string::npos &&
                          end.find("encoder.") == std::string::npos && !is_newer;
        if (both || is_newer == newer) kept.push_back(end);
      }
      ends = kept;
    }
    return adapter.write(to);
  }

  TemporaryFolder folder_;
};

TEST_F(VitNames, AreWrittenForBothTransformersAndEachAloneIsTheSameAdapter) {
  int n = 0;
  for (const char* method : {"lora", "ia3", "norm"}) {
    for (const char* blocks : {"all", "head", "body"}) {
      const Trained trained({method, "vit", blocks});
      const fs::path both = folder_ / ("both" + std::to_string(n));
      write_adapter(trained.context(), trained.state, both);
      const std::string name = std::to_string(n++);
      for (const fs::path& path : {both, only(both, folder_ / ("old" + name), false),
                                   only(both, folder_ / ("new" + name), true)}) {
        const Adapter read = read_adapter(trained.inputs.model, path);
        const at::Tensor logits = adapter_logits(read, trained.batch());
        EXPECT_TRUE(at::allclose(logits, trained.logits(), 0, 1e-6))
            << method << " " << blocks << " " << path;
      }
    }
  }
}

TEST_F(VitNames, ThatSayTwoThingsOfOneTensorAreRefused) {
  const Trained trained(ExportCase{"lora", "vit"});
  write_adapter(trained.context(), trained.state, folder_ / "both");
  LooseAdapter adapter(folder_ / "both");
  const std::string name = "base_model.model.vit.layers.1.attention.q_proj.lora_B.weight";
  ASSERT_TRUE(adapter.tensors.contains(name));
  adapter.tensors[name] = adapter.tensors[name] + 1;
  adapter.write(folder_ / "changed");
  const std::string why = refusal([&] { read_adapter(trained.inputs.model, folder_ / "changed"); });
  EXPECT_NE(why.find("encoder.layer.1.attention.attention.query.lora_B.weight twice"),
            std::string::npos)
      << why;
}

TEST(ExcludedModules, AreNotLookedForByNameNorByPattern) {
  const TemporaryFolder folder;
  const Model model = open_model(tiny_model("bert"));
  const auto said = [&](const nlohmann::json& exclude) {
    LooseAdapter adapter(tiny_adapter("lora"));
    std::erase_if(adapter.tensors, [](const auto& entry) {
      return entry.first.find("layer.2.attention.self.value") != std::string::npos;
    });
    adapter.config["exclude_modules"] = exclude;
    return refusal([&] { read_adapter(model, adapter.write(folder / "adapter")); });
  };
  EXPECT_NE(said(nullptr).find("layer.2.attention.self.value.lora_A.weight is missing"),
            std::string::npos);
  EXPECT_EQ(said({"bert.encoder.layer.2.attention.self.value"}), "");
  EXPECT_EQ(said({"layer.2.attention.self.value"}), "");
  EXPECT_EQ(said(".*layer\\.2\\..*value"), "");
  EXPECT_NE(said({"ayer.2.attention.self.value"}), "");
}

TEST(ExcludedModules, LeaveThePoolerOutOfAllLinearLayers) {
  const TemporaryFolder folder;
  Job job = Trained::job_of({"lora", "bert"}, [](Job& j) {
    j.tuning.targets = {
        "query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"};
  });
  const Trained trained(job);
  write_adapter(trained.context(), trained.state, folder / "ours");
  LooseAdapter adapter(folder / "ours");
  adapter.config["target_modules"] = "all-linear";
  adapter.config["exclude_modules"] = {"pooler.dense"};
  adapter.config.erase("layers_to_transform");
  const Adapter read = read_adapter(trained.inputs.model, adapter.write(folder / "theirs"));
  EXPECT_TRUE(at::equal(adapter_logits(read, trained.batch()), trained.logits()));
}

}  // namespace
}  // namespace cleave::testing
