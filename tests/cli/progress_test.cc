#include "cli/progress.h"

#include <gtest/gtest.h>

namespace cleave::testing {
namespace {

TEST(Progress, SaysTimesAsPeopleDo) {
  EXPECT_EQ(human_time(0.2), "0 s");
  EXPECT_EQ(human_time(59.4), "59 s");
  EXPECT_EQ(human_time(59.6), "1 min 00 s");
  EXPECT_EQ(human_time(200), "3 min 20 s");
  EXPECT_EQ(human_time(7500), "2 h 05 min");
}

}  // namespace
}  // namespace cleave::testing
