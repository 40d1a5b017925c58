// Folders that PEFT wrote give, in Cleave, the logits that PEFT gave.
#include <gtest/gtest.h>

#include "tests/peft/adapter_case.h"
#include "tests/support/texts.h"

namespace cleave::testing {
namespace {

constexpr double kLogits = 5e-5;  // the fixture's tolerance

void expect_logits(const Model& model, const fs::path& folder, const Golden& golden,
                   const std::string& type) {
  const Texts texts(golden["ids"], golden["mask"]);
  for (const std::int64_t head : {std::int64_t{1}, model.config.layers}) {
    SCOPED_TRACE(type + ", head " + std::to_string(head));
    const Adapter adapter = read_adapter(model, folder / type, {head, {"no", "yes"}});
    EXPECT_EQ(adapter.job.cut.head, head);
    EXPECT_LE(max_difference(adapter_logits(adapter, texts.batch), golden["logits_" + type]),
              kLogits);
  }
}

TEST(PeftGolden, EveryTypeGivesTheStoredLogitsOnTinyBert) {
  const Model model = open_model(tiny_model("bert"));
  const Golden golden("tiny/peft_bert/logits");
  for (const std::string& type : adapter_types()) {
    expect_logits(model, golden_folder() / "tiny/peft_bert", golden, type);
  }
}

TEST(PeftGolden, EveryTypeGivesTheStoredLogitsOnMiniLm) {
  const fs::path shared = fs::path(CLEAVE_SOURCE_DIR) / ".." / "shared/golden/peft_minilm";
  if (!has_minilm()) GTEST_SKIP() << "needs models/minilm: run scripts/fetch-minilm";
  if (!fs::exists(shared)) GTEST_SKIP() << "needs ../shared";
  const Model model = open_model(minilm_folder());
  const Golden golden((shared / "logits").string());
  for (const std::string& type : adapter_types()) expect_logits(model, shared, golden, type);
}

TEST(PeftGolden, TheAdaptersChangeTheLogits) {
  const Golden golden("tiny/peft_bert/logits");
  for (const std::string& type : adapter_types()) {
    EXPECT_GT(max_difference(golden["logits_" + type], golden["logits_base"]), 0.1) << type;
  }
}

}  // namespace
}  // namespace cleave::testing
