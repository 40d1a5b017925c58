#include "common/base/json_fields.h"

#include <gtest/gtest.h>

#include "tests/support/refusal.h"

namespace cleave {
namespace {

using testing::refusal;

TEST(JsonFields, AKeyThatNobodyReadIsRefusedByName) {
  JsonFields fields(R"({"a": 1, "b": 2})", "x.json", "model");
  EXPECT_EQ(fields.size("a"), 1);
  const std::string what = refusal([&] { fields.refuse_the_rest(); });
  EXPECT_NE(what.find("x.json: b = 2 changes what the model computes"), std::string::npos) << what;
  fields.ignore({"b"});
  EXPECT_EQ(refusal([&] { fields.refuse_the_rest(); }), "");
}

TEST(JsonFields, AnInnerObjectsKeysAreNamedWithTheObjectsAround) {
  JsonFields fields(R"({"outer": {"list": [{}, {"inner": "x", "odd": true}]}})", "x.json", "model");
  JsonFields outer = fields.object("outer");
  std::vector<JsonFields> list = outer.objects("list");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[1].text("inner"), "x");
  const std::string what = refusal([&] { list[1].refuse_the_rest(); });
  EXPECT_NE(what.find("outer.list[1].odd = true"), std::string::npos) << what;
  EXPECT_NE(refusal([&] { list[1].number("inner"); }).find("outer.list[1].inner: expected"),
            std::string::npos);
}

TEST(JsonFields, AnExpectedValueIsNamedBesideWhatIsThere) {
  JsonFields fields(R"({"kind": "b"})", "x.json", "model");
  const std::string what = refusal([&] { fields.expect("kind", "a"); });
  EXPECT_NE(what.find(R"(kind: expected "a", the only one supported, found "b")"),
            std::string::npos)
      << what;
}

TEST(JsonFields, NullAndEmptyValuesCountAsAbsent) {
  JsonFields fields(R"({"a": null, "b": [], "c": {}})", "x.json", "model");
  EXPECT_FALSE(fields.has("a") || fields.has("b") || fields.has("c") || fields.has("d"));
  EXPECT_EQ(refusal([&] { fields.refuse_the_rest(); }), "");
}

}  // namespace
}  // namespace cleave
