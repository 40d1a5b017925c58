#include "common/model/rope_keys.h"

#include "common/base/error.h"

namespace cleave {
namespace {

constexpr double kDefaultTheta = 10'000;

double theta_or(JsonFields& fields, double fallback) {
  if (!fields.has("rope_theta")) return fallback;
  const double theta = fields.number("rope_theta");
  if (!(theta > 0)) fields.bad("rope_theta", "a number above 0");
  return theta;
}

// Whichever part of a head is turned, here it is all of it.
void expect_whole_heads(JsonFields& fields) {
  if (fields.has("partial_rotary_factor") && fields.number("partial_rotary_factor") != 1) {
    fields.bad("partial_rotary_factor", "1, the only one supported");
  }
}

}  // namespace

double read_rope(JsonFields& config) {
  const double outer = theta_or(config, kDefaultTheta);
  expect_whole_heads(config);
  const bool scaling = config.has("rope_scaling");
  if (!scaling && !config.has("rope_parameters")) return outer;
  if (scaling && config.has("rope_parameters")) {
    config.bad("rope_scaling", "no rope_scaling beside rope_parameters, which is its newer name");
  }
  JsonFields rope = config.object(scaling ? "rope_scaling" : "rope_parameters");
  for (const char* key : {"rope_type", "type"}) rope.expect(key, "default");
  expect_whole_heads(rope);
  const double theta = theta_or(rope, outer);
  rope.refuse_the_rest();
  return theta;
}

}  // namespace cleave
