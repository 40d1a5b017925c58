// What a refused input is told, so that tests can hold messages to what they promise.
#pragma once

#include <string>
#include <utility>

#include "common/base/error.h"

namespace cleave::testing {

// The message of the E that `act` throws; "" when it does not throw. Another exception passes.
template <class E = DataError, class F>
std::string refusal(F act) {
  try {
    std::move(act)();
  } catch (const E& error) {
    return error.what();
  }
  return {};
}

}  // namespace cleave::testing
