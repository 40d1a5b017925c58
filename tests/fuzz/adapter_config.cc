// Text as an adapter_config.json. What is accepted must survive being written and read again.
#include "common/peft/adapter_config.h"
#include "common/base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cleave;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  AdapterConfig config;
  try {
    config = parse_adapter_config(text, kAdapterConfig);
  } catch (const DataError&) {
    return 0;
  }
  CLEAVE_CHECK(parse_adapter_config(adapter_config_json(config), kAdapterConfig) == config);
  return 0;
}
