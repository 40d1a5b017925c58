// The git revision of the build, with "+" when the tree had changes; "unknown" outside git.
#pragma once

namespace cleave {

extern const char* const kRevision;

}  // namespace cleave
