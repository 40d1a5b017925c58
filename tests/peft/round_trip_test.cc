// Export, then import: the same tensors and the same function; and what PEFT has no form for.
#include <gtest/gtest.h>

#include "tests/peft/exported.h"
#include "tests/support/refusal.h"

namespace cleave::testing {
namespace {

std::vector<ExportCase> identical_cases() {
  std::vector<ExportCase> out;
  for (const char* model : {"bert", "roberta", "gpt2", "llama"}) {
    for (const char* method : {"prompt", "prefix"}) out.push_back({method, model});
    for (const char* blocks : {"all", "head", "body"}) {
      for (const char* method : {"lora", "ia3", "norm"}) out.push_back({method, model, blocks});
    }
  }
  for (const char* method : {"lora", "ia3", "norm"}) out.push_back({method, "vit"});
  for (const char* model : {"gpt2", "llama"}) {
    for (const char* method : {"prompt", "prefix", "lora", "ia3", "norm"}) {
      out.push_back({method, model, "all", {}, /*language=*/true});
    }
  }
  out.push_back({"lora", "bert", "all", {"dense"}});  // the pooler's dense layer is not one of them
  out.push_back({"lora", "roberta", "body", {"query", "attention.output.dense"}});
  return out;
}

TEST(RoundTrip, ExportAndImportIsTheIdentityBitForBit) {
  for (const ExportCase& c : identical_cases()) {
    SCOPED_TRACE(text_of(c));
    const TemporaryFolder folder;
    const Trained trained(c);
    write_adapter(trained.context(), trained.state, folder / "out");
    const Adapter read = read_adapter(trained.inputs.model, folder / "out");
    EXPECT_TRUE(equal(read.state, trained.state));
    EXPECT_EQ(read.job.tuning.method, c.method);
    EXPECT_EQ(read.job.tuning.blocks, c.blocks);
    EXPECT_EQ(read.job.cut.head, 1);
    EXPECT_TRUE(adapter_logits(read, trained.batch()).equal(trained.logits()));
  }
}

TEST(RoundTrip, AFolderOfPeftComesOutAsItWentIn) {
  const Model model = open_model(tiny_model("bert"));
  for (const std::string& type : adapter_types()) {
    SCOPED_TRACE(type);
    const TemporaryFolder folder;
    const Adapter adapter = read_adapter(model, tiny_adapter(type));
    const Trained again(adapter.job);
    write_adapter(again.context(), adapter.state, folder / "out");
    EXPECT_EQ(read_file(folder / "out" / kAdapterWeights, 1 << 20),
              read_file(tiny_adapter(type) / kAdapterWeights, 1 << 20));
  }
}

TEST(RoundTrip, OtherMethodsKeepTheirFunction) {
  for (const ExportCase& c : {ExportCase{"p_tuning", "bert"},
                              {"dpt", "gpt2"},
                              {"ulpt", "bert"},
                              {"svfit", "bert"},
                              {"svfit", "gpt2"},
                              {"svfit", "llama", "body"}}) {
    SCOPED_TRACE(text_of(c));
    const TemporaryFolder folder;
    const Trained trained(c);
    write_adapter(trained.context(), trained.state, folder / "out");
    const Adapter read = read_adapter(trained.inputs.model, folder / "out");
    EXPECT_LE(max_difference(adapter_logits(read, trained.batch()), trained.logits()), 2e-5);
  }
}

TEST(RoundTrip, LoraScalesByAlphaAndRootOfRank) {
  for (const bool root : {false, true}) {
    const TemporaryFolder folder;
    const Trained trained(ExportCase{"lora", "bert"}, [&](Job& job) {
      job.tuning.alpha = 5.5;
      job.tuning.rslora = root;
    });
    write_adapter(trained.context(), trained.state, folder / "out");
    EXPECT_EQ(load_adapter_config(folder / "out").rslora, root);
    const Adapter read = read_adapter(trained.inputs.model, folder / "out");
    EXPECT_TRUE(adapter_logits(read, trained.batch()).equal(trained.logits()));
  }
}

TEST(RoundTrip, LayersThatLieApartBeginAsTheBaseBetweenThem) {
  const TemporaryFolder folder;
  LooseAdapter some(tiny_adapter("lora")), zeros(tiny_adapter("lora"));
  some.config["layers_to_transform"] = {0, 2};
  for (const auto& [name, tensor] : LooseAdapter(tiny_adapter("lora")).tensors) {
    if (name.find("layer.1.") == std::string::npos && name.find("layer.3.") == std::string::npos) {
      continue;
    }
    some.tensors.erase(name);
    if (name.find("lora_B") != std::string::npos) zeros.tensors[name] = at::zeros_like(tensor);
  }
  const Model model = open_model(tiny_model("bert"));
  const Dataset data = tiny_texts(5, "some");
  const Adapter a = read_adapter(model, some.write(folder / "some"));
  const Adapter b = read_adapter(model, zeros.write(folder / "zeros"));
  EXPECT_EQ(a.job.tuning.blocks, "all");
  EXPECT_TRUE(
      adapter_logits(a, whole_batch(data, 5)).equal(adapter_logits(b, whole_batch(data, 5))));
}

std::string not_exported(const ExportCase& c, const std::function<void(Job&)>& change) {
  const TemporaryFolder folder;
  const Trained trained(c, change);
  return refusal([&] { write_adapter(trained.context(), trained.state, folder / "out"); });
}

::testing::AssertionResult says(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    if (text.find(part) == std::string::npos) {
      return ::testing::AssertionFailure() << "no \"" << part << "\" in \"" << text << "\"";
    }
  }
  return ::testing::AssertionSuccess();
}

TEST(RoundTrip, WhatPeftHasNoFormForIsRefusedWithWhatToDoInstead) {
  const auto nothing = [](Job&) {};
  for (const char* at : {"input", "cut", "2"}) {
    EXPECT_TRUE(says(not_exported({"prompt", "bert"}, [&](Job& job) { job.tuning.at = at; }),
                     {at, "tuning.at = \"peft\""}));
  }
  EXPECT_TRUE(says(not_exported({"deep", "bert"}, nothing), {"deep", "prefix"}));
  EXPECT_TRUE(says(not_exported({"dept", "bert"}, nothing), {"dept", "--merged"}));
  EXPECT_TRUE(says(not_exported({"adept", "bert"}, nothing), {"adept", "prompt"}));
  EXPECT_TRUE(says(not_exported({"ept_style", "bert"}, nothing), {"ept_style", "dept"}));
  EXPECT_TRUE(says(not_exported({"bitfit", "bert"}, nothing), {"bitfit", "--merged"}));
  EXPECT_TRUE(says(not_exported({"difffit", "bert"}, nothing), {"difffit", "--merged"}));
  EXPECT_TRUE(says(not_exported({"lora+ia3", "bert"}, nothing), {"lora+ia3", "--merged"}));
  EXPECT_TRUE(says(not_exported({"lora", "bert"}, [](Job& job) { job.cut.tail = 1; }),
                   {"cut.tail = 1", "--merged"}));
  EXPECT_TRUE(says(not_exported({"lora", "bert"}, [](Job& job) { job.cut.pool = "mean"; }),
                   {"cut.pool = \"mean\"", "BertForSequenceClassification", "pooler"}));
}

}  // namespace
}  // namespace cleave::testing
