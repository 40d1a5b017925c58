// What a job is told of keys that its methods do not read.
#include "common/tuning/unread_keys.h"

#include <gtest/gtest.h>

namespace cleave {
namespace {

using Sentences = std::vector<std::string>;

Sentences said_of(const std::string& tuning) {
  return unread_keys(parse_job("[model]\npath = \"m\"\n[tuning]\n" + tuning, "job.toml", ".", {}));
}

TEST(UnreadKeys, AreThoseThatNoMethodOfTheJobReads) {
  EXPECT_EQ(said_of("method = \"prompt\"\ntokens = 3\nrank = 4\nblocks = \"body\""),
            (Sentences{"tuning.blocks has no effect with tuning.method = \"prompt\"",
                       "tuning.rank has no effect with tuning.method = \"prompt\""}));
  EXPECT_EQ(said_of("method = \"prompt+lora\"\ntokens = 3\nrank = 4\nblocks = \"body\""),
            Sentences{});
  EXPECT_EQ(said_of("method = \"deep\"\nat = \"cut\"").size(), 1u);
  EXPECT_EQ(said_of(""), Sentences{});
}

TEST(UnreadKeys, AreTextWithoutAStartFromTextButNeverAStartFromAState) {
  EXPECT_EQ(said_of("text = \"good or bad\""),
            (Sentences{"tuning.text has no effect with tuning.init = \"vocabulary\""}));
  EXPECT_EQ(said_of("init = \"text\"\ntext = \"good or bad\""), Sentences{});
  EXPECT_EQ(said_of("method = \"lora\"\ninit = \"state:run\""), Sentences{});
  EXPECT_EQ(said_of("method = \"lora\"\ninit = \"random\"").size(), 1u);
}

}  // namespace
}  // namespace cleave
