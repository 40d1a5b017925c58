// Log lines: to stderr, one each, and never read as a format.
#include "common/base/log.h"

#include <gtest/gtest.h>

namespace cleave {
namespace {

template <class F>
std::string logged(const std::string& level, F act) {
  ::testing::internal::CaptureStderr();
  start_logging(level);
  act();
  return ::testing::internal::GetCapturedStderr();
}

TEST(Log, AMessageIsDataAndNoFormat) {
  const std::string line = logged("info", [] { log_info("peer=\"{} {0} %n %s\""); });
  EXPECT_NE(line.find("peer=\"{} {0} %n %s\"\n"), std::string::npos) << line;
}

TEST(Log, LinesBelowTheLevelAreLeftOut) {
  const auto all = [] {
    log_debug("first");
    log_info("second");
    log_warn("third");
    log_error("fourth");
  };
  const std::string warnings = logged("warn", all);
  EXPECT_EQ(warnings.find("first"), std::string::npos);
  EXPECT_EQ(warnings.find("second"), std::string::npos);
  EXPECT_NE(warnings.find("warning third\n"), std::string::npos) << warnings;
  EXPECT_NE(warnings.find("error fourth\n"), std::string::npos) << warnings;
  EXPECT_EQ(logged("off", all), "");
  EXPECT_NE(logged("debug", all).find("debug first\n"), std::string::npos);
}

}  // namespace
}  // namespace cleave
