#include "common/peft/peft_type.h"

#include "common/base/error.h"

namespace cleave {
namespace {

const PeftType* const kTypes[] = {&kPromptTuning, &kPTuningType, &kPrefixTuning,
                                  &kLoraType,     &kIa3Type,     &kLnTuning};

const PeftExport kExports[] = {
    {"prompt", &kPromptTuning, write_prompt}, {"dpt", &kPromptTuning, write_prompt},
    {"ulpt", &kPromptTuning, write_prompt},   {"p_tuning", &kPTuningType, write_prompt},
    {"prefix", &kPrefixTuning, write_prefix}, {"lora", &kLoraType, write_lora},
    {"svfit", &kLoraType, write_svfit},       {"ia3", &kIa3Type, write_ia3},
    {"norm", &kLnTuning, write_norms},
};

struct Refusal {
  std::string_view method, why;
};

constexpr Refusal kRefusals[] = {
    {"deep", "its prefixes are another function; train \"prefix\", or keep the run folder"},
    {"dept", "its offsets change the table of positions; export with --merged"},
    {"adept", "its offsets depend on the word; train \"prompt\", or keep the run folder"},
    {"ept_style", "its offsets pass through gates; train \"dept\", or keep the run folder"},
    {"vera",
     "its frozen matrices come from the job's seed, and PEFT's VERA folder is not written; export "
     "with --merged"},
    {"bitfit", "none of its types replaces biases; export with --merged"},
    {"difffit", "none of its types scales branches; export with --merged"},
};

}  // namespace

const PeftType& find_peft_type(const std::string& name) {
  for (const PeftType* type : kTypes) {
    if (type->name == name) return *type;
  }
  throw DataError("the peft_type \"" + name + "\" is not supported");
}

const PeftExport& find_peft_export(const std::string& method) {
  for (const PeftExport& known : kExports) {
    if (known.method == method) return known;
  }
  std::string why =
      "a folder holds one type; train one method, or export with --merged where none "
      "of them is a prompt";
  for (const Refusal& refusal : kRefusals) {
    if (refusal.method == method) why = refusal.why;
  }
  throw DataError("tuning.method = \"" + method + "\" cannot go into a PEFT folder: " + why);
}

}  // namespace cleave
