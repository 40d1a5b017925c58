#include "experiments/bench/step_paths.h"

#include "client/split_step.h"
#include "simulation/centralised.h"

namespace cleave {
namespace {

class ComputeAlone : public StepPath {
 public:
  ComputeAlone(const StandardStep& step, Lane& lane)
      : step_(step),
        lane_(lane),
        local_(step.inputs.parts, step.inputs.job, step.inputs.parts.initial) {}

  StepOutcome run() override {
    return testing::run(io_,
                        lane_.run([this] { return whole_step(local_, step_.body, step_.batch); }));
  }

 private:
  const StandardStep& step_;
  Lane& lane_;
  LocalModel local_;
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
        service_{step.body, step.inputs.parts.form, lane, slots_} {
    links.b->allow(body_limits(service_.form));
    asio::co_spawn(io, serve_body(service_, *links.a), asio::detached);
  }

  StepOutcome run() override {
    const StepId id{1, next_step_++};
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
