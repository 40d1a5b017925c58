// Which exit code each kind of failure leads to.
#include "common/base/error.h"

#include <gtest/gtest.h>

#include <csignal>
#include <new>

namespace cleave {
namespace {

template <class F>
std::pair<int, std::string> outcome(F body) {
  ::testing::internal::CaptureStderr();
  const int code = guarded_main("cleave", [&]() -> int { return body(); });
  return {code, ::testing::internal::GetCapturedStderr()};
}

template <class E, class... Arguments>
std::pair<int, std::string> thrown(Arguments... arguments) {
  return outcome([&]() -> int { throw E(arguments...); });
}

TEST(Errors, EachKindHasItsExitCodeAndOneLine) {
  using Outcome = std::pair<int, std::string>;
  EXPECT_EQ(thrown<UsageError>("why"), Outcome(2, "cleave: why\n"));
  EXPECT_EQ(thrown<DataError>("why"), Outcome(65, "cleave: why\n"));
  EXPECT_EQ(thrown<UnavailableError>("why"), Outcome(69, "cleave: why\n"));
  EXPECT_EQ(thrown<IoError>("why"), Outcome(74, "cleave: why\n"));
  EXPECT_EQ(thrown<ProtocolError>("why"), Outcome(76, "cleave: why\n"));
  EXPECT_EQ(thrown<PermissionError>("why"), Outcome(77, "cleave: why\n"));
  EXPECT_EQ(thrown<Interrupted>(SIGINT), Outcome(130, "cleave: interrupted by signal 2\n"));
  EXPECT_EQ(thrown<Interrupted>(SIGTERM), Outcome(143, "cleave: interrupted by signal 15\n"));
}

TEST(Errors, ABodyThatReturnsKeepsItsCodeAndSaysNothing) {
  EXPECT_EQ(outcome([] { return 0; }), std::make_pair(0, std::string()));
  EXPECT_EQ(outcome([] { return 65; }), std::make_pair(65, std::string()));
}

TEST(Errors, AFailedCheckIsOurBugAndNoInputError) {
  const auto [code, message] = outcome([]() -> int {
    try {
      CLEAVE_CHECK(1 + 1 == 3);
    } catch (const Error&) {
      ADD_FAILURE() << "a handler of input errors caught a bug";
    }
    return 0;
  });
  EXPECT_EQ(code, 70);
  EXPECT_NE(message.find("check failed: 1 + 1 == 3"), std::string::npos) << message;
  EXPECT_NE(message.find("This is a bug in Cleave"), std::string::npos);
}

TEST(Errors, OutOfMemorySaysWhatToDo) {
  const auto [code, message] = thrown<std::bad_alloc>();
  EXPECT_EQ(code, 74);
  EXPECT_NE(message.find("use a smaller batch"), std::string::npos);
}

}  // namespace
}  // namespace cleave
