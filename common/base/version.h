// The release, as programs and handshakes state it.
#pragma once

namespace cleave {

inline constexpr const char* kProgramVersion = "cleave " CLEAVE_VERSION;

}  // namespace cleave
