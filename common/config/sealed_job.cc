#include "common/config/sealed_job.h"

#include <algorithm>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/seal.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxJobBytes = 1 << 20;
constexpr std::string_view kSealLine = "# sha256 ";
constexpr std::size_t kSealedTail = kUnsealed.size() + 1;  // the digest and the line's end

bool is_path(const std::string& name) {
  Job job;
  const std::vector<Key> keys = bind(job);
  return std::any_of(keys.begin(), keys.end(),
                     [&](const Key& key) { return key.rule.is_path && key.name == name; });
}

// The text with an empty value for each path: job_toml writes a key a line.
std::string covered(const std::string& text) {
  std::string out, section;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1);
    const std::string line = text.substr(begin, end + 1 - begin);
    begin = end + 1;
    const std::size_t equals = line.find(" = ");
    if (line[0] == '[') section = line.substr(1, line.find(']') - 1) + ".";
    const bool path = equals != std::string::npos && is_path(section + line.substr(0, equals));
    out += path ? line.substr(0, equals) + "\n" : line;
  }
  return out;
}

}  // namespace

std::string sealed_job_toml(const Job& job) {
  std::string text = job_toml(job) + std::string(kSealLine) + std::string(kUnsealed) + "\n";
  std::string sealed = covered(text);
  seal(sealed, sealed.size() - kSealedTail);
  return text.replace(text.size() - kSealedTail, kSealedTail,
                      sealed.substr(sealed.size() - kSealedTail));
}

LoadedJob load_sealed_job(const fs::path& file) {
  const std::string text = read_file(file, kMaxJobBytes);
  const std::size_t last = text.rfind("\n" + std::string(kSealLine));
  if (last == std::string::npos) {
    throw DataError(
        file.string() +
        " carries no checksum: an earlier version of Cleave wrote it, or it is damaged; "
        "run the job anew");
  }
  const std::string sealed = covered(text);
  if (sealed.size() < kSealedTail || !is_sealed(sealed, sealed.size() - kSealedTail)) {
    throw DataError(file.string() +
                    " is damaged: its checksum does not match its content (only paths may be "
                    "changed); run the job anew from your own job file");
  }
  return parse_job(text, file.string(), fs::absolute(file).parent_path(), {});
}

}  // namespace cleave
