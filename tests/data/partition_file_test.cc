// Partitions from files, whole and broken.
#include "common/data/partition_file.h"

#include <gtest/gtest.h>

#include "common/base/files.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace cleave {
namespace {

using Lists = std::vector<std::vector<std::uint32_t>>;

Partition read(const std::string& content) {
  const testing::TemporaryFolder folder;
  write_atomically(folder / "p.json", content);
  return read_partition(folder / "p.json", 3);
}

TEST(PartitionFile, HoldsAListOfPositionsPerClient) {
  EXPECT_EQ(read(R"({"clients": [[2, 0], [1]], "redraws": 7})").clients, (Lists{{0, 2}, {1}}));
}

TEST(PartitionFile, AnotherFormIsRefusedWithTheFilesName) {
  for (const char* broken :
       {"", "[", "[]", "{}", R"({"clients": 3})", R"({"clients": [0, 1, 2]})",
        R"({"clients": [["0", 1, 2]]})", R"({"clients": [[0, 1, 2.0]]})",
        R"({"clients": [[0, true, 2]]})", R"({"clients": [[-1, 1, 2]]})",
        R"({"clients": [[4294967296, 1, 2]]})", R"({"clients": [[0, 1], [1, 2]]})",
        R"({"clients": [[0, 1]]})", R"({"clients": [[0, 1, 2], []]})"}) {
    const std::string why = testing::refusal([&] { read(broken); });
    EXPECT_NE(why.find("p.json"), std::string::npos) << broken << ": " << why;
  }
}

TEST(PartitionFile, AMissingFileIsAnIoError) {
  EXPECT_THROW(read_partition("/missing.json", 3), IoError);
}

}  // namespace
}  // namespace cleave
