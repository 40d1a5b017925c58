// P_TUNING (Liu et al. 2021): a folder holds what the encoder gives, not the encoder, so that it is
// read as trained rows.
#include "common/peft/prompt_rows.h"

namespace cleave {

const PeftType kPTuningType = {
    .name = "P_TUNING", .in_modules = false, .configure = configure_prompt, .read = read_prompt};

}  // namespace cleave
