// PROMPT_TUNING (Lester et al. 2021): the rows as they are trained.
#include "common/peft/prompt_rows.h"

namespace cleave {

const PeftType kPromptTuning = {.name = "PROMPT_TUNING",
                                .in_modules = false,
                                .configure = configure_prompt,
                                .read = read_prompt};

}  // namespace cleave
