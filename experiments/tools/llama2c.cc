// Makes a Hugging Face folder of a model of llama2.c, which the programs then open as "llama".
// Usage: llama2c MODEL.safetensors TOKENIZER.bin HEADS POSITIONS OUT
#include "common/base/error.h"
#include "common/base/log.h"
#include "experiments/tools/llama2c_folder.h"

namespace cleave {
namespace {

std::int64_t count(const std::string& text) {
  if (text.empty() || text.size() > 9 ||
      text.find_first_not_of("0123456789") != std::string::npos) {
    throw UsageError("expected a number, not \"" + text + "\"");
  }
  return std::stoll(text);
}

}  // namespace
}  // namespace cleave

int main(int argc, char** argv) {
  return cleave::guarded_main("llama2c", [&] {
    if (argc != 6) {
      throw cleave::UsageError("expected MODEL.safetensors TOKENIZER.bin HEADS POSITIONS OUT");
    }
    cleave::start_logging("info");
    const cleave::Llama2c source{argv[1], argv[2], cleave::count(argv[3]), cleave::count(argv[4])};
    cleave::write_hugging_face_folder(source, argv[5]);
    return 0;
  });
}
