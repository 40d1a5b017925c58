// Keys of every type, read from TOML and from settings, with what each mistake is told.
#include "common/config/keys.h"

#include <gtest/gtest.h>

#include "common/base/files.h"
#include "common/config/client_config.h"
#include "common/config/toml_reader.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace cleave {
namespace {

using testing::refusal;

struct Values {
  bool flag = false;
  std::int64_t count = 3;
  double rate = 0.5;
  std::string name = "plain", file, kind = "iid";
  std::vector<std::string> list;
};

std::vector<Key> bind(Values& v) {
  return {{"flag", &v.flag, any(), "A flag."},
          {"part.count", &v.count, at_least(1), "A count.", "part.number"},
          {"part.rate", &v.rate, between(0, 1), "A rate."},
          {"part.name", &v.name, any(), "A name."},
          {"part.file", &v.file, path(), "A file."},
          {"part.kind", &v.kind, one_of_names({"iid", "dirichlet"}, {"column:"}), "A kind."},
          {"part.list", &v.list, any(), "A list."}};
}

Values read(const std::string& toml) {
  Values values;
  apply_toml(toml, "x.toml", "/base", bind(values));
  return values;
}

std::string why_refused(const std::string& toml) {
  return refusal([&] { read(toml); });
}

Values with(const std::string& setting) {
  Values values;
  apply_setting(setting, bind(values));
  return values;
}

TEST(Keys, EveryTypeIsRead) {
  const Values v = read(
      "flag = true\n[part]\ncount = 7\nrate = 0.25\nname = \"n\"\nkind = \"column:user\"\n"
      "list = [\"a\", \"b\"]\n");
  EXPECT_TRUE(v.flag);
  EXPECT_EQ(v.count, 7);
  EXPECT_EQ(v.rate, 0.25);
  EXPECT_EQ(v.name, "n");
  EXPECT_EQ(v.kind, "column:user");
  EXPECT_EQ(v.list, (std::vector<std::string>{"a", "b"}));
}

TEST(Keys, AnIntegerIsANumberAndAnAliasIsItsKey) {
  EXPECT_EQ(read("[part]\nrate = 1\n").rate, 1.0);
  EXPECT_EQ(read("[part]\nnumber = 9\n").count, 9);
  EXPECT_EQ(read("part.count = 4\n").count, 4);
}

TEST(Keys, PathsAreRelativeToTheFileThatSetsThem) {
  EXPECT_EQ(read("[part]\nfile = \"a/../b.tsv\"\n").file, "/base/b.tsv");
  EXPECT_EQ(read("[part]\nfile = \"/b.tsv\"\n").file, "/b.tsv");
  EXPECT_EQ(read("[part]\nfile = \"\"\n").file, "");
  EXPECT_EQ(with("part.file=b.tsv").file, (fs::current_path() / "b.tsv").string());
}

TEST(Keys, TheNamesOfWhatWasSetAreReturned) {
  Values values;
  EXPECT_EQ(apply_toml("flag = true\n[part]\nnumber = 2\n", "x", ".", bind(values)),
            (std::vector<std::string>{"flag", "part.count"}));
}

TEST(Keys, AWrongTypeNamesFileLineKeyAndBothTypes) {
  for (const char* toml :
       {"\nflag = 1", "\nflag = \"true\"", "[part]\ncount = 1.5", "[part]\ncount = \"1\"",
        "[part]\nrate = \"x\"", "[part]\nname = 1", "[part]\nname = {}", "[part]\nlist = \"a\"",
        "[part]\nlist = [1]", "[part]\ncount = 2020-01-01", "[part]\nfile = [\"a\"]"}) {
    const std::string why = why_refused(toml);
    EXPECT_EQ(why.rfind("x.toml:2: ", 0), 0u) << why;
    EXPECT_NE(why.find(": expected "), std::string::npos) << why;
    EXPECT_NE(why.find(", found "), std::string::npos) << why;
  }
  EXPECT_EQ(why_refused("flag = 3"), "x.toml:1: flag: expected true or false, found 3");
  EXPECT_EQ(why_refused("[part]\ncount = \"many\""),
            "x.toml:2: part.count: expected an integer of at least 1, found 'many'");
}

TEST(Keys, AValueOutOfRangeNamesTheRange) {
  EXPECT_EQ(why_refused("[part]\ncount = 0"),
            "x.toml:2: part.count: expected an integer of at least 1, found 0");
  EXPECT_EQ(why_refused("[part]\nrate = 1.5"),
            "x.toml:2: part.rate: expected a number from 0 to 1, found 1.5");
  for (const char* value : {"nan", "inf", "-inf", "-0.1", "1.0000001"}) {
    EXPECT_NE(why_refused(std::string("[part]\nrate = ") + value).find("from 0 to 1"),
              std::string::npos)
        << value;
  }
}

TEST(Keys, AnUnknownNameOfAListNamesTheNearest) {
  EXPECT_EQ(why_refused("[part]\nkind = \"dirchlet\""),
            "x.toml:2: part.kind: expected \"iid\", \"dirichlet\" or \"column:NAME\", found "
            "\"dirchlet\" (did you mean dirichlet?)");
  EXPECT_NE(why_refused("[part]\nkind = \"column:\""), "");
}

TEST(Keys, AnUnknownKeyNamesFileLineAndTheNearest) {
  EXPECT_EQ(why_refused("[part]\n\ncuont = 1")
                .rfind("x.toml:3: unknown key \"part.cuont\" (did you mean part.count?)", 0),
            0u);
  EXPECT_NE(why_refused("rate = 1").find("did you mean part.rate?"), std::string::npos);
  for (const char* toml : {"part = 3", "[other]\nx = 1", "[part.deep]\nx = 1",
                           "[[part]]\ncount = 1", "[part]\n\"\" = 1", "flag.x = true"}) {
    EXPECT_EQ(why_refused(toml).rfind("x.toml:", 0), 0u) << toml << why_refused(toml);
  }
}

TEST(Keys, BrokenTomlNamesFileAndLine) {
  EXPECT_EQ(why_refused("flag = true\nflag =").rfind("x.toml:2: not valid TOML", 0), 0u);
  EXPECT_EQ(why_refused("flag = true\nflag = true").rfind("x.toml:2: not valid TOML", 0), 0u);
  EXPECT_NE(why_refused("flag = \"\xff\""), "");
  EXPECT_NE(why_refused(std::string(100'000, '[')), "");
}

TEST(Keys, ASettingIsTomlElseAString) {
  EXPECT_TRUE(with("flag=true").flag);
  EXPECT_EQ(with("part.count=8").count, 8);
  EXPECT_EQ(with("part.rate=1e-3").rate, 1e-3);
  EXPECT_EQ(with("part.name=two words").name, "two words");
  EXPECT_EQ(with("part.name=\"quoted\"").name, "quoted");
  EXPECT_EQ(with("part.name=2024").name, "2024");
  EXPECT_EQ(with("part.name=").name, "");
  EXPECT_EQ(with("part.name=a=b").name, "a=b");
  EXPECT_EQ(with("part.list=[\"a\"]").list, std::vector<std::string>{"a"});
}

TEST(Keys, ABrokenSettingIsRefusedByItsText) {
  for (const char* setting : {"flag", "=1", "", "part.count=x", "part.count=0", "flag=1",
                              "part.list=a", "part.cuont=3", "part.count=1\nflag=true"}) {
    const std::string why = refusal([&] { with(setting); });
    EXPECT_EQ(why.rfind(std::string("--set ") + setting, 0), 0u) << why;
  }
  EXPECT_NE(refusal([] { with("part.cuont=3"); }).find("did you mean part.count?"),
            std::string::npos);
}

TEST(Keys, AreWrittenAsTomlWithSectionsAndSkips) {
  Values values;
  values.name = "quote\" back\\ line\n";
  values.list = {"a", "b"};
  EXPECT_EQ(to_toml(bind(values), {"part.file", "part.kind"}),
            "flag = false\n\n[part]\ncount = 3\nrate = 0.5\n"
            "name = \"quote\\\" back\\\\ line\\u000a\"\nlist = [\"a\", \"b\"]\n");
  EXPECT_EQ(to_toml(bind(values), {"part."}), "flag = false\n");
}

TEST(Keys, AreDocumentedAsATable) {
  Values values;
  const std::string table = to_markdown(bind(values));
  EXPECT_NE(table.find("| `part.count` | integer | `3` | of at least 1 | A count. Also spelt "
                       "`part.number`. |\n"),
            std::string::npos)
      << table;
  EXPECT_NE(table.find("| `part.rate` | number | `0.5` | from 0 to 1 | A rate. |\n"),
            std::string::npos);
}

TEST(ClientConfig, ReadsItsKeysAndMissesNone) {
  const testing::TemporaryFolder folder;
  const fs::path file = folder / "client.toml";
  const std::string most =
      "server = \"host:7443\"\ncert = \"a.pem\"\nkey = \"a.key\"\nca = \"ca.pem\"\n";
  write_atomically(file, most + "model = \"m\"\ndata = \"d.tsv\"\nthreads = 2\n");
  const ClientConfig config = load_client_config(file);
  EXPECT_EQ(config.server, "host:7443");
  EXPECT_EQ(config.model, (folder / "m").string());
  EXPECT_EQ(config.threads, 2);
  EXPECT_EQ(config.dev, "");
  write_atomically(file, most);
  const std::string why = refusal([&] { load_client_config(file); });
  EXPECT_NE(why.find("client.toml: the key \"model\" is missing"), std::string::npos) << why;
  write_atomically(file, most + "modle = \"m\"\n");
  EXPECT_NE(refusal([&] { load_client_config(file); }).find("client.toml:5: unknown key"),
            std::string::npos);
}

}  // namespace
}  // namespace cleave
