// Text as a job file, and after a NUL each further piece as a --set. What is accepted must survive
// the way to a client: written as the shared job, read there, and written again. The text is also
// read as what a hostile server says the shared job is.
#include "common/config/job.h"
#include "common/base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cleave;
  std::vector<std::string> pieces(1);
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] == 0) {
      pieces.emplace_back();
    } else {
      pieces.back() += static_cast<char>(data[i]);
    }
  }
  const std::string text = pieces.front();
  pieces.erase(pieces.begin());
  try {
    parse_shared_job(text);
  } catch (const DataError&) {
  }
  LoadedJob loaded;
  try {
    loaded = parse_job(text, "job.toml", "/", pieces);
  } catch (const DataError&) {
    return 0;
  }
  const std::string shared = shared_job_toml(loaded.job);
  CLEAVE_CHECK(shared_job_toml(parse_shared_job(shared)) == shared);
  return 0;
}
