#include "common/data/partition_file.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/files.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxFile = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxPosition = std::numeric_limits<std::uint32_t>::max();

using nlohmann::json;

// By hand: the library's own conversion would wrap large numbers and cut fractions off.
std::vector<std::uint32_t> positions_of(const json& list) {
  if (!list.is_array()) throw DataError("expected a list of positions, found " + list.dump());
  std::vector<std::uint32_t> out;
  for (const json& item : list) {
    if (!item.is_number_unsigned() || item.get<std::uint64_t>() > kMaxPosition) {
      throw DataError("expected a position, found " + item.dump());
    }
    out.push_back(item.get<std::uint32_t>());
  }
  return out;
}

}  // namespace

Partition read_partition(const fs::path& path, std::size_t samples) {
  const std::string text = read_file(path, kMaxFile);
  try {
    const json file = json::parse(text);
    std::vector<std::vector<std::uint32_t>> clients;
    for (const json& list : file.at("clients")) clients.push_back(positions_of(list));
    return checked_partition(std::move(clients), samples);
  } catch (const json::exception& error) {
    throw DataError(path.string() + " is not a partition, {\"clients\": [[0, 1, ...], ...]} (" +
                    error.what() + ")");
  } catch (const DataError& error) {
    throw DataError(path.string() + ": " + error.what());
  }
}

}  // namespace cleave
