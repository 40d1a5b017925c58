// Jobs too large for the wire are refused from their numbers: on a device they come from a server.
#include "common/exchange/job_size.h"

#include <gtest/gtest.h>

#include "tests/support/refusal.h"
#include "tests/support/tiny_job.h"

namespace cleave::testing {
namespace {

std::string refused(const Job& job) {
  const ModelConfig config = load_model_config(job.model.path);
  const std::int64_t labels = make_label_map(job, config).size();
  return refusal<DataError>([&] { check_job_size(job, config, labels); });
}

TEST(JobSize, AStateThatCannotCrossIsRefusedBeforeItIsMade) {
  Job job = tiny_job();
  job.tuning.method = {"prefix"};
  job.tuning.tokens = 1 << 20;  // 256 MiB a block, keys and values
  const std::string why = refused(job);
  EXPECT_NE(why.find("MiB on the wire, above the limit of 256"), std::string::npos) << why;
  EXPECT_NE(why.find("tuning.tokens"), std::string::npos) << why;
}

TEST(JobSize, MoreClassesThanAnEvaluationCanCountAreRefused) {
  Job job = tiny_job();
  job.data.labels.clear();
  for (int i = 0; i < 4097; ++i) job.data.labels.push_back("c" + std::to_string(i));
  EXPECT_EQ(refused(job),
            "the job has 4097 classes, above the limit of 4096; list fewer in data.labels");
  job.data.labels.pop_back();
  EXPECT_EQ(refused(job), "");
  EXPECT_EQ(refused(tiny_job()), "");
}

}  // namespace
}  // namespace cleave::testing
