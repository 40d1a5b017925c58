// What the thread that answers pings computes: nothing. Watched operation by operation, over a
// whole simulated job, in which clients, coordinator and body have the same thread.
#include <ATen/record_function.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/tiny_run.h"

namespace cleave::testing {
namespace {

// Names of the operations of this thread.
class Operations {
 public:
  Operations() : handle_(at::addThreadLocalCallback(at::RecordFunctionCallback(note))) { clear(); }
  ~Operations() { at::removeCallback(handle_); }
  static void clear() { names().clear(); }
  static std::set<std::string>& names() {
    static thread_local std::set<std::string> own;
    return own;
  }

 private:
  static std::unique_ptr<at::ObserverContext> note(const at::RecordFunction& function) {
    names().insert(function.name());
    return nullptr;
  }

  at::CallbackHandle handle_;
};

// Moving numbers is not computing them.
const std::set<std::string> kMoves = {"aten::clone",         "aten::copy_",   "aten::detach",
                                      "aten::empty",         "aten::to",      "aten::_to_copy",
                                      "aten::empty_strided", "aten::view",    "aten::empty_like",
                                      "aten::contiguous",    "aten::resize_", "detach"};

std::string computed_on_the_io_thread(Job job) {
  TemporaryFolder folder;
  JobInputs inputs = tiny_inputs(job);
  const Partition partition = tiny_partition(inputs);
  RunFolder run = RunFolder::create(folder / "run", job);
  const Operations watched;
  SimulationOptions options;
  // Links are made last: what was computed before, nobody waits for.
  options.wrap_link = [](std::unique_ptr<Link> link) {
    Operations::clear();
    return link;
  };
  simulate(inputs, partition, run, options);
  std::string text;
  for (const std::string& name : Operations::names()) {
    if (!kMoves.contains(name)) text += name + " ";
  }
  return text;
}

TEST(IoThread, ComputesNothingWhereASingularValueDecompositionBeginsEveryRound) {
  Job job = tiny_job();
  job.tuning.method = "svfit";
  job.tuning.blocks = "all";
  job.tuning.rank = 4;
  EXPECT_EQ(computed_on_the_io_thread(job), "");
}

TEST(IoThread, ComputesNothingWhereSamplesAreScoredAndFactorsAreMerged) {
  Job job = tiny_job();
  job.tuning.method = "lora";
  job.tuning.rank = 4;
  job.federation.aggregation = "product_svd";
  job.federation.server_optimizer = "fedadam";
  job.phases.keep = 0.5;
  job.phases.prune_from_round = 1;
  job.phases.bypass_epochs = 1;
  EXPECT_EQ(computed_on_the_io_thread(job), "");
}

}  // namespace
}  // namespace cleave::testing
