#include "experiments/bench/step_paths.h"

#include "client/split_step.h"
#include "simulation/whole_model.h"

namespace cleave {
namespace {

constexpr std::uint32_t kRound = 1;

class ComputeAlone : public StepPath {
 public:
  ComputeAlone(const StandardStep& step, Lane& lane)
      : step_(step),
        lane_(lane),
        model_(step.inputs.parts, step.inputs.job, step.inputs.parts.whole_initial()) {}

  StepOutcome run() override {
    return testing::run(io_, lane_.run([this] { return model_.step(step_.batch); }));
  }

 private:
  const StandardStep& step_;
  Lane& lane_;
  WholeModel model_;
  asio::io_context io_{1};
};

class OverLinks : public StepPath {
 public:
  OverLinks(const StandardStep& step, Lane& lane, asio::io_context& io, LinkPair& links)
      : step_(step),
        lane_(lane),
        io_(io),
        links_(links),
        local_(step.inputs.parts, step.inputs.job, step.inputs.parts.initial),
        slots_(io.get_executor(), 1),
        copies_(step.inputs.parts, step.inputs.job),
        service_{copies_, step.inputs.parts.form, lane, slots_} {
    if (copies_.tuned()) {
      copies_.lend(links.a->peer(), copies_.make(step.inputs.parts.whole_initial()), kRound,
                   step.batch.size());
    }
    links.b->allow(body_limits(service_.form));
    asio::co_spawn(io, serve_body(service_, *links.a), asio::detached);
  }

  StepOutcome run() override {
    const StepId id{kRound, next_step_++};
    return testing::run(
        io_, split_step(local_, *links_.b, lane_, step_.batch, step_.inputs.parts.form, id));
  }

 private:
  const StandardStep& step_;
  Lane& lane_;
  asio::io_context& io_;
  LinkPair& links_;
  LocalModel local_;
  Slots slots_;
  BodyCopies copies_;
  BodyService service_;
  std::uint32_t next_step_ = 0;
};

}  // namespace

std::unique_ptr<StepPath> compute_alone(const StandardStep& step, Lane& lane) {
  return std::make_unique<ComputeAlone>(step, lane);
}

std::unique_ptr<StepPath> over_links(const StandardStep& step, Lane& lane, asio::io_context& io,
                                     LinkPair& links) {
  return std::make_unique<OverLinks>(step, lane, io, links);
}

}  // namespace cleave
