// Not a test of its own: Cleave's half of scripts/check-transformers.
//
//   transformers_cases KIND DIR    for every DIR/CASE: Cleave's results, or refusal.txt
#include <algorithm>
#include <string_view>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/model/threads.h"
#include "tests/transformers/cases.h"

namespace cleave::testing {

void each_case(const fs::path& folder, const std::function<void(const fs::path&)>& open_case) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_directory() || !fs::exists(entry.path() / "model")) continue;
    try {
      open_case(entry.path());
    } catch (const DataError& error) {
      write_atomically(entry.path() / "refusal.txt", error.what());
    }
  }
}

namespace {

struct Kind {
  std::string_view name;
  void (*run)(const fs::path& folder);
};

constexpr Kind kKinds[] = {
    {"images", run_images}, {"models", run_models}, {"tokenizers", run_tokenizers}};

int run(int argc, char** argv) {
  const auto* const kind = std::find_if(
      std::begin(kKinds), std::end(kKinds),
      [&](const Kind& known) { return argc == 3 && known.name == std::string_view(argv[1]); });
  if (kind == std::end(kKinds))
    throw UsageError("expected KIND DIR; kinds: images, models, tokenizers");
  use_one_blas_thread();
  kind->run(argv[2]);
  return 0;
}

}  // namespace
}  // namespace cleave::testing

int main(int argc, char** argv) {
  return cleave::guarded_main("transformers_cases",
                              [&] { return cleave::testing::run(argc, argv); });
}
