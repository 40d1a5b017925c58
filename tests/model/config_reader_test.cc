// What a model folder's config.json may not hold, whoever wrote it.
#include "common/model/config_reader.h"

#include <gtest/gtest.h>

#include "common/model/model_config.h"
#include "tests/support/golden.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace cleave::testing {
namespace {

// Why a folder with this config.json is refused.
std::string refused_config(const std::string& text) {
  const TemporaryFolder folder;
  write_atomically(folder / "config.json", text);
  const std::string why = refusal([&] { ConfigReader(folder / "config.json"); });
  EXPECT_EQ(why.find((folder / "config.json").string()), 0u) << why;
  return why;
}

TEST(ConfigReader, RefusesARequestToRunCodeOfTheFolderWithWhatToDo) {
  const std::string why =
      refused_config(R"({"model_type": "bert", "auto_map": {"AutoModel": "modeling.Mine"}})");
  EXPECT_NE(why.find("\"auto_map\" asks to run code"), std::string::npos) << why;
  EXPECT_NE(why.find("remove it where the model does without"), std::string::npos) << why;
}

TEST(ConfigReader, RefusesAKeyThatIsThereTwiceByItsName) {
  EXPECT_NE(refused_config(R"({"hidden_size": 32, "layers": 4, "hidden_size": 64})")
                .find("\"hidden_size\" twice"),
            std::string::npos);
  EXPECT_NE(refused_config(R"({"id2label": {"0": "no", "0": "yes"}})").find("\"0\" twice"),
            std::string::npos);
}

TEST(ConfigReader, SaysWhatIsNoJsonObject) {
  EXPECT_NE(refused_config("{\"hidden_size\": ").find("not valid JSON"), std::string::npos);
  EXPECT_NE(refused_config("[1]").find("does not hold a JSON object"), std::string::npos);
}

TEST(ConfigReader, TakesTheConfigurationsThatTransformersWrites) {
  for (const char* name : {"bert", "gpt2", "llama", "roberta", "vit"}) {
    EXPECT_EQ(load_model_config(golden_folder() / "tiny" / name).model_type, name);
  }
}

}  // namespace
}  // namespace cleave::testing
