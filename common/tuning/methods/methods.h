// The methods, one file each.
#pragma once

#include "common/tuning/method.h"

namespace cleave {

extern const Method kAdept;
extern const Method kBitfit;
extern const Method kDeep;
extern const Method kDept;
extern const Method kDifffit;
extern const Method kDpt;
extern const Method kEptStyle;
extern const Method kIa3;
extern const Method kLora;
extern const Method kNorm;
extern const Method kPTuning;
extern const Method kPrefix;
extern const Method kPrompt;
extern const Method kSvfit;
extern const Method kUlpt;
extern const Method kVera;

// LoRA's alpha: tuning.alpha, or its own 16.
double lora_alpha(const Job& job);

}  // namespace cleave
