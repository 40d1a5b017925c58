// The ways in which the standard step can go, each with a client of its own that starts from the
// same state: all in one function call, over a memory link, over mutual TLS on loopback.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "client/local_model.h"
#include "common/base/lane.h"
#include "experiments/bench/standard_step.h"
#include "server/body/body_session.h"
#include "tests/support/run_coroutine.h"

namespace cleave {

class StepPath {
 public:
  virtual ~StepPath() = default;
  virtual StepOutcome run() = 0;
};

// Both sides' computation and nothing else, on the lane that the links' ends use too.
std::unique_ptr<StepPath> compute_alone(const StandardStep& step, Lane& lane);

// The product's split step with the body served over `links` (a the server's end, b the client's).
std::unique_ptr<StepPath> over_links(const StandardStep& step, Lane& lane, asio::io_context& io,
                                     LinkPair& links);

}  // namespace cleave
