// From a label as a file spells it to its index in the job's list.
#include "common/data/label_map.h"

#include <gtest/gtest.h>

#include "tests/support/refusal.h"

namespace cleave {
namespace {

using testing::refusal;

TEST(LabelMap, ANameOrAnIndexGivesItsPlaceInTheList) {
  const LabelMap labels({"negative", "positive"});
  EXPECT_EQ(labels.size(), 2);
  EXPECT_EQ(labels.index("positive", "here"), 1);
  EXPECT_EQ(labels.index("0", "here"), 0);
  EXPECT_EQ(labels.index("1", "here"), 1);
}

TEST(LabelMap, ANameGoesBeforeAnIndex) {
  const LabelMap labels({"1", "0"});
  EXPECT_EQ(labels.index("1", "here"), 0);
  EXPECT_EQ(labels.index("0", "here"), 1);
}

TEST(LabelMap, WhereNamesAreNumbersALabelIsANameOrRefused) {
  const LabelMap stars({"1", "2", "3"});
  EXPECT_EQ(stars.index("1", "here"), 0);
  EXPECT_EQ(stars.index("3", "here"), 2);
  EXPECT_NE(refusal([&] { stars.index("0", "f:1"); }).find("could be an index or a name"),
            std::string::npos);
  const LabelMap mixed({"none", "7"});
  EXPECT_NE(refusal([&] { mixed.index("1", "f:1"); }).find("could be"), std::string::npos);
}

TEST(LabelMap, AFormatsNumberIsAPlaceAndNoOtherPlacesName) {
  EXPECT_EQ(LabelMap({"cat", "dog"}).numbered(1, "here"), 1);
  EXPECT_EQ(LabelMap({"0", "1", "2"}).numbered(2, "here"), 2);
  EXPECT_NE(refusal([] {
              LabelMap({"1", "2"}).numbered(1, "x.bin record 3");
            }).find("x.bin record 3: class 1 of the file is not the label \"1\""),
            std::string::npos);
  EXPECT_NE(refusal([] {
              LabelMap({"a", "b"}).numbered(2, "f");
            }).find("not in the job's list"),
            std::string::npos);
}

TEST(LabelMap, ALabelOutsideTheListNamesThePlaceTheLabelAndTheList) {
  const LabelMap labels({"negative", "positive"});
  for (const char* label : {"2", "-1", "1.0", "1 ", "+1", "", "99999999999", "Positive", "x\n"}) {
    const std::string why = refusal([&] { labels.index(label, "train.tsv:7"); });
    EXPECT_EQ(why.rfind("train.tsv:7: the label \"" + std::string(label) + "\"", 0), 0u) << why;
    EXPECT_NE(why.find("negative or positive"), std::string::npos) << why;
    EXPECT_NE(why.find("0 to 1"), std::string::npos) << why;
  }
  const std::string why = refusal([&] { labels.index("positiv", "f:1"); });
  EXPECT_NE(why.find("did you mean positive?"), std::string::npos) << why;
}

TEST(LabelMap, ALongListIsCountedAndALongLabelIsCut) {
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back("name" + std::to_string(i));
  const std::string why = refusal([&] { LabelMap(names).index(std::string(10'000, 'x'), "f:1"); });
  EXPECT_NE(why.find("100 known names"), std::string::npos) << why;
  EXPECT_LT(why.size(), 300u);
}

TEST(LabelMap, AnEmptyListAndANameTwiceAreRefused) {
  EXPECT_NE(refusal([] { LabelMap({}); }).find("data.labels"), std::string::npos);
  EXPECT_NE(refusal([] {
              LabelMap({"a", "b", "a"});
            }).find("\"a\" is listed twice"),
            std::string::npos);
}

}  // namespace
}  // namespace cleave
