// The peak resident memory of this process.
#pragma once

namespace cleave {

// VmHWM in MB; 0 where the system does not say.
int peak_rss_mb();

}  // namespace cleave
