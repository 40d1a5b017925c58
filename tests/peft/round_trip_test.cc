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

TEST(RoundTrip, APromptBesideTailBlocksIsNotSentInACircle) {
  const std::string said = not_exported({"prompt", "bert"}, [](Job& job) { job.cut.tail = 1; });
  EXPECT_TRUE(says(said, {"cut.tail = 1", "keep the run folder", "cut.tail = 0"}));
  EXPECT_EQ(said.find("--merged"), std::string::npos);
}

TEST(RoundTrip, PromptsOfImagesAreRefused) {
  for (const char* method : {"prompt", "p_tuning", "prefix"}) {
    EXPECT_TRUE(says(not_exported({method, "vit"}, [](Job& job) { job.tuning.at = "input"; }),
                     {method, "vit", "for text models", "run folder"}));
  }
}

// Tiny BERT with another number of positions.
fs::path with_positions(const fs::path& folder, std::int64_t positions) {
  make_folder(folder);
  auto config = nlohmann::json::parse(read_file(tiny_model("bert") / "config.json", 1 << 20));
  config["max_position_embeddings"] = positions;
  write_atomically(folder / "config.json", config.dump());
  fs::copy_file(tiny_model("bert") / "model.safetensors", folder / kAdapterWeights);
  AdapterTensors stored(folder, "", "");
  std::vector<NamedTensor> tensors;
  for (const std::string& name : stored.names()) {
    const auto shape = stored.shape(name);
    at::Tensor tensor = stored.take(name, shape);
    if (name.find("position_embeddings") != std::string::npos) {
      tensor = tensor.repeat({positions / shape[0] + 1, 1}).narrow(0, 0, positions).contiguous();
    }
    tensors.push_back({name, tensor});
  }
  write_tensors(folder / "model.safetensors", tensors);
  return folder;
}

TEST(RoundTrip, AnAdapterTakesTextsAsLongAsTheModelsPositions) {
  const TemporaryFolder folder;
  const Model model = open_model(with_positions(folder / "wide", 200));
  const auto rows = [&](const std::string& type) {
    return tiny_inputs(read_adapter(model, tiny_adapter(type)).job, 4, 4).parts.form.max_text_rows;
  };
  EXPECT_EQ(rows("lora"), 200);
  EXPECT_EQ(rows("prompt_tuning"), 200 - 8);
  EXPECT_EQ(rows("prefix_tuning"), 200 - 4);
}

TEST(RoundTrip, AnAdapterOfAModelWithManyPositionsGetsSmallerBatches) {
  Model model = open_model(tiny_model("bert"));
  model.config.positions = 1 << 18;
  const Adapter adapter = read_adapter(model, tiny_adapter("lora"));
  EXPECT_EQ(adapter.job.data.max_length, 1 << 18);
  EXPECT_EQ(adapter.job.eval.batch, 4);
  EXPECT_EQ(adapter.job.optimizer.batch, 4);
}

TEST(RoundTrip, WholeNamesOfTheTaskClassChooseAsTheirEndsDo) {
  const TemporaryFolder folder;
  LooseAdapter whole(tiny_adapter("lora"));
  whole.config["target_modules"] = nlohmann::json::array();
  for (int layer = 0; layer < 4; ++layer) {
    for (const char* end : {"query", "value"}) {
      whole.config["target_modules"].push_back("bert.encoder.layer." + std::to_string(layer) +
                                               ".attention.self." + end);
    }
  }
  const Model model = open_model(tiny_model("bert"));
  const Adapter read = read_adapter(model, whole.write(folder / "whole"));
  EXPECT_TRUE(equal(read.state, read_adapter(model, tiny_adapter("lora")).state));
}

TEST(RoundTrip, APatternChoosesTheModulesWithTensors) {
  const TemporaryFolder folder;
  LooseAdapter some(tiny_adapter("lora"));
  some.config["target_modules"] = ".*layer\\.(0|1)\\..*(query|value)";
  std::erase_if(some.tensors, [](const auto& entry) {
    return entry.first.find("layer.2.") != std::string::npos ||
           entry.first.find("layer.3.") != std::string::npos;
  });
  const Adapter read = read_adapter(open_model(tiny_model("bert")), some.write(folder / "some"));
  EXPECT_EQ(read.job.tuning.blocks, "head");
  EXPECT_EQ(read.job.cut.head, 2);
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
  EXPECT_TRUE(says(not_exported({"vera", "bert"}, nothing), {"vera", "seed", "--merged"}));
  EXPECT_TRUE(says(not_exported({"lora+ia3", "bert"}, nothing), {"lora+ia3", "--merged"}));
  EXPECT_TRUE(says(not_exported({"lora", "bert"}, [](Job& job) { job.cut.tail = 1; }),
                   {"cut.tail = 1", "--merged"}));
  EXPECT_TRUE(says(not_exported({"lora", "bert"}, [](Job& job) { job.cut.pool = "mean"; }),
                   {"cut.pool = \"mean\"", "BertForSequenceClassification", "pooler"}));
}

}  // namespace
}  // namespace cleave::testing
