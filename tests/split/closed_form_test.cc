// The check of a ledger against the closed form says no when the ledger, or what was journalled,
// is off by one frame, one row or the width of a number, and it names the kind.
#include <gtest/gtest.h>

#include "server/coordinator/run_job.h"
#include "tests/support/tiny_run.h"

namespace cleave::testing {
namespace {

// A real run with pruning and evaluation, so that every kind of its rounds occurs.
class ClosedFormCheck : public ::testing::Test {
 protected:
  void SetUp() override {
    Job job = tiny_job(1, 0);
    job.phases.keep = 0.5;
    run_tiny(job, folder_ / "run");
    const JobInputs inputs = tiny_inputs(job);
    shape_ = job_shape(inputs.parts, job);
    line_ = RunFolder::open(folder_ / "run").rounds().back();
    trace_ = trace_of(line_);
    ledger_ = traffic_of(line_);
  }
  FormCheck check() const { return check_closed_form(shape_, trace_, ledger_); }
  // The check says no and begins with "KIND DIRECTION:".
  void expect_difference(const std::string& where) const {
    const FormCheck result = check();
    EXPECT_FALSE(result.equal) << where;
    EXPECT_EQ(result.difference.rfind(where + ":", 0), 0u) << result.difference;
  }

  TemporaryFolder folder_;
  JobShape shape_;
  Json line_;
  RoundTrace trace_;
  Cost ledger_;
};

TEST_F(ClosedFormCheck, SaysYesToTheRunItself) {
  EXPECT_TRUE(check().equal) << check().difference;
  EXPECT_EQ(ledger_.up.size() + ledger_.down.size(), 14u);
}

TEST(EmptyBody, OfARunLetsNoRowsCrossAndTheClosedFormKnows) {
  for (const std::int64_t tail : {0, 1}) {
    const TemporaryFolder folder;
    Job job = tiny_job(4 - tail, tail);
    job.phases.keep = 0.5;
    job.eval.test = true;
    const Json summary = run_tiny(job, folder / "run");
    const Json& bytes = summary.at("bytes");
    EXPECT_EQ(bytes.at("equal_to_closed_form"), true) << bytes;
    for (const char* kind : {"smashed", "features_grad", "eval_smashed"}) {
      EXPECT_FALSE(bytes.at("by_kind").at("up").contains(kind)) << kind;
    }
    for (const char* kind : {"features", "smashed_grad", "eval_features"}) {
      EXPECT_FALSE(bytes.at("by_kind").at("down").contains(kind)) << kind;
    }
    EXPECT_EQ(summary.at("body_flops"), 0.0);
    EXPECT_GT(summary.at("client_flops").get<double>(), 0);
  }
}

TEST_F(ClosedFormCheck, SaysNoToOneExtraFrameOrByteOfAnyKind) {
  for (auto* direction : {&ledger_.up, &ledger_.down}) {
    const std::string name = direction == &ledger_.up ? " up" : " down";
    for (auto& [kind, traffic] : *direction) {
      const Traffic right = traffic;
      ++traffic.frames;
      expect_difference(kind + name);
      traffic = right;
      ++traffic.payload;
      expect_difference(kind + name);
      traffic = right;
    }
  }
}

TEST_F(ClosedFormCheck, SaysNoToAKindThatTheFormDoesNotKnowAndToOneThatIsMissing) {
  const Traffic smashed = ledger_.up.at("smashed");
  ledger_.up.erase("smashed");
  expect_difference("smashed up");
  ledger_.up["smashed"] = smashed;
  ledger_.down["resend"] = {1, 0};
  expect_difference("resend down");
}

TEST_F(ClosedFormCheck, SaysNoToAnotherWidthOfNumbers) {
  shape_.bytes_per_number = 2;
  EXPECT_FALSE(check().equal);
  EXPECT_NE(check().difference.find("up: closed form"), std::string::npos);
  // Evaluation crosses in the same width; without it the first tensor of a step is named.
  trace_.evaluations.clear();
  std::erase_if(ledger_.up, [](const auto& entry) { return is_evaluation(entry.first); });
  std::erase_if(ledger_.down, [](const auto& entry) { return is_evaluation(entry.first); });
  expect_difference("features_grad up");
}

TEST_F(ClosedFormCheck, SaysNoToADroppedRowASampleAStepAndAParticipant) {
  const RoundTrace right = trace_;
  --trace_.participants[0].steps[0].rows;
  expect_difference("features_grad up");
  trace_ = right;
  --trace_.participants[0].steps[0].samples;
  expect_difference("smashed up");
  trace_ = right;
  trace_.participants[0].steps.pop_back();
  expect_difference("features_grad up");
  trace_ = right;
  --trace_.participants[0].kept_listed;
  expect_difference("report up");
  trace_ = right;
  --trace_.evaluations[0][0].rows;
  expect_difference("eval_smashed up");
  trace_ = right;
  trace_.participants.pop_back();
  EXPECT_FALSE(check().equal);
}

TEST_F(ClosedFormCheck, SaysNoToAnotherSizeOfTheState) {
  ++shape_.state_numbers;
  trace_.evaluations.clear();
  std::erase_if(ledger_.up, [](const auto& entry) { return is_evaluation(entry.first); });
  std::erase_if(ledger_.down, [](const auto& entry) { return is_evaluation(entry.first); });
  expect_difference("update up");
}

TEST_F(ClosedFormCheck, AJournalThatWasTamperedWithMakesTheSummarySayNo) {
  line_["bytes"]["by_kind"]["up"]["smashed"][1] =
      line_["bytes"]["by_kind"]["up"]["smashed"][1].get<std::uint64_t>() - 32;
  const std::vector<Json> rounds = {line_};
  const Job job = tiny_job(1, 0);
  SummaryInput input;
  input.status = "done";
  input.job = &job;
  input.shape = shape_;
  input.rounds = &rounds;
  const Json bytes = make_summary(input).at("bytes");
  EXPECT_FALSE(bytes.at("equal_to_closed_form").get<bool>());
  EXPECT_NE(bytes.at("difference").get<std::string>().find("smashed up"), std::string::npos);
}

}  // namespace
}  // namespace cleave::testing
