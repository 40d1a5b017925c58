// An adapter that changes BERT's pooler, which no job trains: it acts where the adapter is opened,
// goes out again, and is no place to train from.
#include <gtest/gtest.h>

#include <cmath>

#include "common/peft/initial_state.h"
#include "common/peft/merged_folder.h"
#include "common/peft/write_adapter.h"
#include "tests/peft/adapter_case.h"
#include "tests/support/refusal.h"

namespace cleave::testing {
namespace {

using at::Tensor;

const std::string kDense = "base_model.model.bert.pooler.dense";

class AdaptedPooler : public ::testing::Test {
 protected:
  // The golden adapter with factors A and B of the pooler beside its own.
  fs::path with_factors() {
    LooseAdapter adapter(tiny_adapter("lora"));
    rank = adapter.config["r"].get<std::int64_t>();
    scale = adapter.config["lora_alpha"].get<double>() / static_cast<double>(rank);
    a = at::arange(rank * 32).view({rank, 32}).cos() * 0.3;
    b = at::arange(32 * rank).view({32, rank}).sin() * 0.3;
    adapter.tensors[kDense + ".lora_A.weight"] = a;
    adapter.tensors[kDense + ".lora_B.weight"] = b;
    adapter.config["target_modules"] = {"query", "value", "pooler.dense"};
    return adapter.write(folder / "factors");
  }
  Tensor stored(const std::string& part, std::vector<std::int64_t> shape) {
    return model.checkpoint.tensor("pooler.dense." + part, shape).to(at::kFloat).clone();
  }
  // The golden adapter with a whole layer of its own.
  fs::path with_layer(const Tensor& weight) {
    LooseAdapter adapter(tiny_adapter("lora"));
    adapter.tensors[kDense + ".weight"] = weight;
    adapter.tensors[kDense + ".bias"] = stored("bias", {32});
    adapter.config["modules_to_save"] = {"classifier", "pooler"};
    return adapter.write(folder / "layer");
  }
  Batch batch() { return whole_batch(texts, 6); }

  TemporaryFolder folder;
  Model model = open_model(tiny_model("bert"));
  Dataset texts = tiny_texts(6, "pooler");
  std::int64_t rank = 0;
  double scale = 0;
  Tensor a, b;
};

TEST_F(AdaptedPooler, IsTheModelsPlusTheScaledProduct) {
  const Adapter by_factors = read_adapter(model, with_factors());
  const Tensor weight = stored("weight", {32, 32}) + scale * at::mm(b, a);
  const Adapter by_layer = read_adapter(model, with_layer(weight));
  const Tensor logits = adapter_logits(by_factors, batch());
  EXPECT_TRUE(at::allclose(logits, adapter_logits(by_layer, batch()), 1e-5, 1e-6));
  const Adapter without = read_adapter(model, tiny_adapter("lora"));
  EXPECT_FALSE(at::allclose(logits, adapter_logits(without, batch()), 1e-3, 1e-3));
}

TEST_F(AdaptedPooler, GoesOutAsALayerAndInAMergedModel) {
  const Adapter adapter = read_adapter(model, with_factors());
  const Tensor logits = adapter_logits(adapter, batch());
  const LabelMap labels = make_label_map(adapter.job, model.config);
  const JobParts parts = make_job_parts(model, adapter.job, labels);
  const TuningContext context = tuning_context(parts, adapter.job);
  write_adapter(context, adapter.whole(), folder / "again");
  const Adapter again = read_adapter(model, folder / "again");
  EXPECT_TRUE(at::equal(adapter_logits(again, batch()), logits));
  write_merged_folder(model, context, adapter.whole(), labels.names(), folder / "merged");
  const Model merged = open_model(folder / "merged");
  EXPECT_TRUE(at::equal(merged.checkpoint.tensor("pooler.dense.weight", {32, 32}),
                        adapter.frozen.at("tail.pooler.dense.weight")));
}

TEST_F(AdaptedPooler, IsNoPlaceToTrainFromWhichIsSaidWithTheCure) {
  Job job = tiny_job();
  job.tuning.method = "lora";
  job.cut.pool = "pooler";
  job.tuning.init = "state:" + with_factors().string();
  const std::string why = refusal<DataError>([&] { tiny_inputs(job); });
  EXPECT_NE(why.find("changes pooler.dense, which"), std::string::npos) << why;
  EXPECT_NE(why.find("export --merged"), std::string::npos) << why;
}

TEST_F(AdaptedPooler, BesideNormsGoesOutAsALayerToo) {
  LooseAdapter loose(tiny_adapter("ln_tuning"));
  loose.tensors[kDense + ".weight"] = stored("weight", {32, 32}) * 2;
  loose.tensors[kDense + ".bias"] = stored("bias", {32});
  loose.config["modules_to_save"] = {"classifier", "pooler"};
  const Adapter adapter = read_adapter(model, loose.write(folder / "norms"));
  const LabelMap labels = make_label_map(adapter.job, model.config);
  const JobParts parts = make_job_parts(model, adapter.job, labels);
  write_adapter(tuning_context(parts, adapter.job), adapter.whole(), folder / "again");
  const Adapter again = read_adapter(model, folder / "again");
  EXPECT_TRUE(at::equal(adapter_logits(again, batch()), adapter_logits(adapter, batch())));
}

TEST_F(AdaptedPooler, ThatIsNamedAndMissingIsRefused) {
  LooseAdapter adapter(tiny_adapter("lora"));
  adapter.config["modules_to_save"] = {"classifier", "pooler"};
  const fs::path saved = adapter.write(folder / "saved");
  EXPECT_NE(refusal<DataError>([&] {
              read_adapter(model, saved);
            }).find("pooler.dense.weight is missing"),
            std::string::npos);
  adapter.config["modules_to_save"] = {"classifier"};
  adapter.config["target_modules"] = {"query", "value", "pooler.dense"};
  const fs::path adapted = adapter.write(folder / "adapted");
  EXPECT_NE(refusal<DataError>([&] {
              read_adapter(model, adapted);
            }).find("pooler.dense.lora_A.weight is missing"),
            std::string::npos);
}

TEST_F(AdaptedPooler, OfWhichHalfIsMissingIsRefused) {
  LooseAdapter adapter(tiny_adapter("lora"));
  adapter.tensors[kDense + ".weight"] = stored("weight", {32, 32});
  const fs::path half = adapter.write(folder / "half");
  EXPECT_NE(refusal<DataError>([&] { read_adapter(model, half); }).find("pooler.dense.bias"),
            std::string::npos);
}

}  // namespace
}  // namespace cleave::testing
