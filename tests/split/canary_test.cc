// Whatever goes wrong on a device, the server learns that it did and not what: an error may quote a
// sample or name a path.
#include <gtest/gtest.h>

#include "client/load_data.h"
#include "client/objective.h"
#include "common/base/error.h"
#include "common/base/files.h"
#include "common/model/model_lock.h"
#include "common/wire/farewell.h"
#include "tests/support/run_coroutine.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_job.h"

namespace cleave::testing {
namespace {

constexpr const char* kCanary = "canary";  // in every path, text and label of this device

struct Told {
  std::string terminal;  // the client's own
  std::string server;
};

asio::awaitable<void> fail(const std::function<void()>& act) {
  act();
  co_return;
}

asio::awaitable<void> hear(Link& link, std::string& reason) {
  try {
    co_await link.receive();
  } catch (const Error& error) {
    reason = error.what();
  }
}

Told told_by(const std::function<void()>& act) {
  asio::io_context io(1);
  LinkPair links = make_memory_links(io.get_executor(), "server", "client");
  Told told;
  asio::co_spawn(io, hear(*links.b, told.server), asio::detached);
  asio::co_spawn(io, tell_kind_on_failure(*links.a, fail(act)), [&](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      told.terminal = error.what();
    }
  });
  io.run();
  return told;
}

class Device {
 public:
  fs::path write(const std::string& name, const std::string& text) const {
    const fs::path path = folder_ / (kCanary + name);
    write_atomically(path, text);
    return path;
  }
  fs::path model_with(const std::string& file, const std::string& text) const {
    const fs::path model = folder_ / (std::string(kCanary) + "model");
    fs::remove_all(model);
    fs::copy(golden_folder() / "tiny" / "bert", model);
    write_atomically(model / file, text);
    return model;
  }
  fs::path path(const std::string& name) const { return folder_ / (kCanary + name); }

 private:
  TemporaryFolder folder_;
};

using Local = std::pair<const char*, std::function<void(const Device&)>>;

void load(const fs::path& path) {
  const LabelMap labels({"no", "yes"});
  load_dataset(path, TextInput{}, labels, {});
}

TEST(Canary, OfNoLocalErrorReachesTheServer) {
  const std::vector<Local> errors = {
      {"no file", [](const Device& d) { load(d.path("none.tsv")); }},
      {"a folder",
       [](const Device& d) {
         fs::create_directories(d.path("folder"));
         load(d.path("folder"));
       }},
      {"an unknown format", [](const Device& d) { load(d.write("x.odd", "canary")); }},
      {"an empty file", [](const Device& d) { load(d.write("x.tsv", "")); }},
      {"a label", [](const Device&) { LabelMap({"no"}).index("canary", "canary.tsv:1"); }},
      {"a row", [](const Device& d) { load(d.write("x.tsv", "canary\n")); }},
      {"JSON", [](const Device& d) { load(d.write("x.jsonl", "{\"canary\": \n")); }},
      {"not UTF-8", [](const Device& d) { load(d.write("x.csv", "canary\xff,no\n")); }},
      {"unlabelled inputs",
       [](const Device& d) { load_unlabelled(d.path("none.txt"), TextInput{}, {}); }},
      {"no model", [](const Device& d) { open_model(d.path("none")); }},
      {"config.json", [](const Device& d) { open_model(d.model_with("config.json", "canary")); }},
      {"weights", [](const Device& d) { open_model(d.model_with("model.safetensors", "canary")); }},
      {"model.lock",
       [](const Device& d) { verify_model(open_model(d.model_with("model.lock", "canary"))); }},
      {"tokenizer",
       [](const Device& d) { load_tokenizer(d.model_with("tokenizer.json", "canary")); }},
      {"vocabulary", [](const Device& d) { load_tokenizer(d.model_with("vocab.txt", "")); }},
      {"writing",
       [](const Device& d) { write_atomically(d.path("none") / "canary", "prediction"); }},
  };
  const Device device;
  for (const auto& [name, act] : errors) {
    const Told told = told_by([&, &own = act] { own(device); });
    EXPECT_NE(told.terminal.find(kCanary), std::string::npos) << name << ": " << told.terminal;
    EXPECT_EQ(told.server.find(kCanary), std::string::npos) << name << ": " << told.server;
    EXPECT_NE(told.server.find("its own log says"), std::string::npos) << name << told.server;
  }
}

TEST(Canary, OfNoKindOfErrorReachesTheServer) {
  const std::vector<std::function<void()>> errors = {
      [] { throw UsageError(kCanary); },
      [] { throw DataError(kCanary); },
      [] { throw UnavailableError(kCanary); },
      [] { throw IoError(kCanary); },
      [] { throw ProtocolError(kCanary); },
      [] { throw PermissionError(kCanary); },
      [] { throw std::runtime_error(kCanary); },
      [] { throw std::logic_error(kCanary); },
      [] { throw fs::filesystem_error(kCanary, std::error_code()); }};
  for (const auto& act : errors) {
    const Told told = told_by(act);
    EXPECT_NE(told.terminal.find(kCanary), std::string::npos);
    EXPECT_EQ(told.server.find(kCanary), std::string::npos) << told.server;
    EXPECT_NE(told.server, "");
  }
}

}  // namespace
}  // namespace cleave::testing
