// Where a prompt's rows go (`tuning.at`), for every method that has them. Where that is decides
// what a prompt computes, so that prompts of different places are not interchangeable (spec
// peft_format.md 3):
//   "input"  among the rows of the embedding's output: no position, no type, no norm
//   "peft"   before row 0 of the word vectors, as HF PEFT does: positions, types and norm follow
//   "cut"    among the smashed data
//   K        among the rows entering block K, on the side that holds the block
// A row that cannot see what comes after it gets the prompt in front; otherwise it follows row 0.
#pragma once

#include "common/tuning/method.h"

namespace cleave {

// The name of the one tensor of a method that trains the rows themselves.
std::string prompt_name(const TuningContext& context);
// The rows themselves, (P, D), beginning as `tuning.init` says.
Tunable prompt_rows_tunable(const TuningContext& context);
RowsPlan prompt_plan(const TuningContext& context);

// Puts the prompt in its place; `prompt` gives (P, D) anew at every step. Only on the client where
// the method has no block: numbered places are for prompts that are trained as they are.
void insert_prompt(const TuningContext& context, std::function<at::Tensor()> prompt, Sites& sites);
// For methods whose prompt is computed: refuses a numbered place, which may be the server's.
void check_on_client(const TuningContext& context, std::string_view method);

}  // namespace cleave
