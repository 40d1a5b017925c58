// cleave slice and cleave inspect: what a device gets, and what any path holds.
#include "common/base/safetensors.h"
#include "tests/programs/workplace.h"

namespace cleave::testing {
namespace {

std::set<std::string> tensors_in(const std::string& file) {
  std::set<std::string> names;
  const auto bytes = std::as_bytes(std::span(file));
  for (const auto& [name, info] : parse_safetensors_header(bytes, bytes.size()).tensors) {
    names.insert(name);
  }
  return names;
}

Finished slice(const Workplace& here, const std::string& head, const std::string& tail,
               const std::string& out) {
  return here.cleave({"slice", "model", "--head", head, "--tail", tail, "-o", out});
}

TEST(Slice, HoldsWhatTheDeviceNeedsAndNoMore) {
  const Workplace here;
  const Finished result = slice(here, "1", "1", "slice");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.last_line(), "slice");
  std::set<std::string> files;
  for (const auto& entry : fs::directory_iterator(here.path("slice"))) {
    files.insert(entry.path().filename().string());
  }
  EXPECT_EQ(files,
            (std::set<std::string>{"config.json", "model.lock", "model.safetensors", "vocab.txt"}));
  const auto has = [&](const std::string& part) {
    for (const std::string& name : tensors_in(here.read("slice/model.safetensors"))) {
      if (name.find(part) != std::string::npos) return true;
    }
    return false;
  };
  EXPECT_TRUE(has("embeddings.word_embeddings"));
  EXPECT_TRUE(has("encoder.layer.0."));
  EXPECT_FALSE(has("encoder.layer.1."));
  EXPECT_FALSE(has("encoder.layer.2."));
  EXPECT_TRUE(has("encoder.layer.3."));
}

TEST(Slice, AFlippedByteOrAMissingBlockIsFound) {
  const Workplace here;
  slice(here, "1", "0", "slice");
  EXPECT_EQ(here.cleave({"inspect", "slice"}).code, 0);
  expect_refused(here.cleave({"slice", "slice", "--head", "2", "--tail", "0", "-o", "more"}), 65,
                 {"has no tensor encoder.layer.1", "another cut"});
  EXPECT_FALSE(fs::exists(here.path("more")));
  std::string weights = here.read("slice/model.safetensors");
  weights[weights.size() - 5] ^= 4;
  here.write("slice/model.safetensors", weights);
  expect_refused(here.cleave({"inspect", "slice"}), 65, {"slice", "is not what model.lock says"});
}

TEST(Slice, WrongCutsAndFoldersAreRefused) {
  const Workplace here;
  expect_refused(slice(here, "3", "2", "s"), 65, {"cut.head = 3", "the model has 4"});
  expect_refused(slice(here, "1", "1", "model"), 2, {"model is not empty"});
  expect_refused(here.cleave({"slice", "nothing", "--head", "1", "--tail", "0", "-o", "s"}), 74,
                 {"no model folder at nothing"});
}

TEST(Inspect, SaysWhatModelsSlicesStatesAndRunsHold) {
  const Workplace here;
  here.simulate("run");
  slice(here, "1", "1", "slice");
  const auto says = [&](const char* path, const std::vector<std::string>& words) {
    const Finished result = here.cleave({"inspect", path});
    EXPECT_EQ(result.code, 0) << result.err;
    for (const std::string& word : words) {
      EXPECT_NE(result.out.find(word), std::string::npos) << word << " in:\n" << result.out;
    }
  };
  says("model",
       {"bert model", "blocks 4", "vocabulary 120", "numbers 40802, 163.2 kB", "model hash"});
  says("slice", {"a slice", "model hash"});
  says("run/state.safetensors", {"round 3", "prompt [3, 32]", "numbers 8706, 34.8 kB"});
  says("run", {"3 complete rounds", "status done", "equal to the byte", "peak RSS"});
}

TEST(Inspect, GarbageIsAnErrorOfTheFileNeverACrash) {
  const Workplace here;
  here.simulate("run");
  const auto refused = [&](const std::string& path, int code,
                           const std::vector<std::string>& words) {
    expect_refused(here.cleave({"inspect", path}), code, words);
  };
  refused("nothing", 74, {"no such file or folder: nothing"});
  refused("job.toml", 2, {"neither a model folder"});
  refused("/dev/null", 2, {"neither a model folder"});
  fs::create_directories(here.path("adapter"));
  here.write("adapter/adapter_config.json", "{}");
  refused("adapter", 65, {"peft_type", "missing"});
  fs::create_directories(here.path("something"));
  here.write("something/file", "{}");
  refused("something", 2, {"something is neither"});
  fs::create_directories(here.path("broken"));
  here.write("broken/config.json", "{");
  refused("broken", 65, {"config.json is not valid JSON"});
  here.write("noise.safetensors", std::string(1000, '\xff'));
  refused("noise.safetensors", 65, {"noise.safetensors", "header"});

  const std::string summary = here.read("run/summary.json");
  for (const char* damage : {"", "{}", "{\"status\": 3}"}) {
    here.write("run/summary.json", damage);
    refused("run", 65, {"summary.json", "damaged"});
  }
  here.write("run/summary.json", summary);
  for (const char* damage : {"{}\n", "no\n"}) {
    here.write("run/rounds.jsonl", damage);
    refused("run", 65, {"rounds.jsonl", "damaged"});
  }
}

}  // namespace
}  // namespace cleave::testing
