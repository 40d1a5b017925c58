// The documents keep to the schema: docs/job.md is generated, and every TOML sample parses.
#include <gtest/gtest.h>

#include <set>

#include "common/base/files.h"
#include "common/config/client_config.h"
#include "common/config/job.h"
#include "common/config/job_reference.h"
#include "common/config/toml_reader.h"
#include "tests/support/refusal.h"

namespace cleave {
namespace {

const fs::path kRoot = CLEAVE_SOURCE_DIR;

std::set<fs::path> documents() {
  std::set<fs::path> out = {kRoot / "README.md"};
  for (const auto& entry : fs::directory_iterator(kRoot / "docs")) {
    if (entry.path().extension() == ".md") out.insert(entry.path());
  }
  return out;
}

struct Sample {
  std::string where;  // "docs/data.md:12"
  std::string toml;
};

std::vector<Sample> toml_samples(const fs::path& document) {
  const std::string text = read_file(document, 4 << 20);
  std::vector<Sample> out;
  bool inside = false;
  int number = 1;
  for (std::size_t begin = 0; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      out.back().toml += line + '\n';
    } else if (line == "```toml") {
      inside = true;
      out.push_back({document.filename().string() + ":" + std::to_string(number), ""});
    }
  }
  return out;
}

// A client's file has its server's address at the top.
bool is_client_file(const std::string& toml) {
  const std::size_t server = ("\n" + toml).find("\nserver = ");
  return server != std::string::npos && server < ("\n" + toml).find("\n[");
}

std::string why_refused(const Sample& sample) {
  return testing::refusal([&] {
    if (is_client_file(sample.toml)) {
      ClientConfig config;
      apply_toml(sample.toml, sample.where, kRoot, bind(config));
    } else {
      parse_job(sample.toml, sample.where, kRoot, {});
    }
  });
}

TEST(Docs, EveryTomlSampleParses) {
  std::size_t samples = 0;
  for (const fs::path& document : documents()) {
    if (!fs::exists(document)) continue;
    for (const Sample& sample : toml_samples(document)) {
      EXPECT_EQ(why_refused(sample), "") << sample.where;
      ++samples;
    }
  }
  EXPECT_GT(samples, 0u) << "the documents hold no sample: is the fence still ```toml?";
}

TEST(Docs, TheJobReferenceIsWhatTheSchemaGives) {
  EXPECT_EQ(read_file(kRoot / "docs/job.md", 1 << 20), job_reference())
      << "run: cleave job-reference > docs/job.md";
}

TEST(Docs, TheJobReferenceNamesEveryKeyOnce) {
  const std::string text = job_reference();
  Job job;
  ClientConfig client;
  std::vector<Key> keys = bind(job);
  for (Key& key : bind(client)) keys.push_back(key);
  for (const Key& key : keys) {
    const std::string row = "\n| `" + std::string(key.name) + "` |";
    EXPECT_EQ(text.find(row), text.rfind(row)) << key.name;
    EXPECT_NE(text.find(row), std::string::npos) << key.name;
  }
}

}  // namespace
}  // namespace cleave
