#include "cli/quickstart/deployment.h"

#include <fmt/format.h>

#include "cli/quickstart/sentences.h"
#include "common/base/error.h"
#include "common/base/files.h"
#include "common/model/model_lock.h"
#include "common/wire/pki.h"

namespace cleave {
namespace {

constexpr std::size_t kTrainSentences = 1200, kDevSentences = 2000;
constexpr const char* kBackboneFiles[] = {"config.json", "model.safetensors", "vocab.txt"};
constexpr std::uint64_t kMaxFile = 2 << 20;

constexpr const char* kServerFile =
    R"(# What the server is told. Clients get from it what they need to know.
name = "quickstart"
seed = 1

[model]
path = "model"

[cut]
head = 1
tail = 0

[tuning]
tokens = 8

[data]
labels = ["different", "alike"]  # the two things in a sentence, in colour and material

[federation]
per_round = 4
rounds = 10

[optimizer]
batch = 8
lr_prompt = 0.03
lr_tail = 0.005

[eval]
where = "clients"
batch = 64

[run]
threads = 1

[server]
listen = "127.0.0.1:0"  # a port that is free
cert = "pki/server.pem"
key = "pki/server.key"
ca = "pki/ca.pem"
roster = ["client-0", "client-1", "client-2", "client-3"]
)";

void copy_backbone(const fs::path& from, const fs::path& to) {
  make_folder(to);
  for (const char* name : kBackboneFiles)
    write_atomically(to / name, read_file(from / name, kMaxFile));
}

void issue_certificates(const fs::path& pki) {
  pki_init(pki);
  pki_issue(pki, "server", {"127.0.0.1", "localhost"});
  for (std::size_t k = 0; k < kQuickstartClients; ++k) pki_issue(pki, quickstart_client(k), {});
}

// The client's part of the sentences, as TSV.
void write_share(const fs::path& path, const std::vector<Sentence>& sentences, std::size_t client) {
  std::string text;
  for (std::size_t i = client; i < sentences.size(); i += kQuickstartClients) {
    text += sentences[i].text + (sentences[i].alike ? "\talike\n" : "\tdifferent\n");
  }
  write_atomically(path, text);
}

void write_data(const Deployment& deployment, std::uint64_t seed) {
  make_folder(deployment.path("data"));
  const auto train = make_sentences(kTrainSentences, seed, "quickstart/train");
  const auto dev = make_sentences(kDevSentences, seed, "quickstart/dev");
  for (std::size_t k = 0; k < kQuickstartClients; ++k) {
    write_share(deployment.data(k), train, k);
    write_share(deployment.dev_data(k), dev, k);
  }
}

}  // namespace

std::string quickstart_client(std::size_t number) { return "client-" + std::to_string(number); }

fs::path Deployment::data(std::size_t client) const {
  return folder / "data" / (quickstart_client(client) + ".tsv");
}

fs::path Deployment::dev_data(std::size_t client) const {
  return folder / "data" / (quickstart_client(client) + "-dev.tsv");
}

fs::path quickstart_backbone(const fs::path& program_folder) {
  const fs::path installed = program_folder / CLEAVE_DATA_FROM_PROGRAMS / "quickstart";
  const fs::path source = fs::path(CLEAVE_ASSETS) / "quickstart";
  for (const fs::path& folder : {installed, source}) {
    if (fs::exists(folder / "model.safetensors")) return folder.lexically_normal();
  }
  throw IoError("the quickstart's backbone is missing: there is no model.safetensors in " +
                installed.lexically_normal().string() + " nor in " + source.string() +
                "; install with cmake --install, or keep the source tree");
}

Deployment make_deployment(const fs::path& folder, const std::vector<std::string>& settings,
                           const fs::path& backbone) {
  const Deployment deployment{folder, settings};
  parse_job(kServerFile, (folder / "server.toml").string(), fs::absolute(folder), settings);
  make_folder(folder / "logs");
  write_atomically(folder / "server.toml", kServerFile);
  copy_backbone(backbone, folder / "model");
  issue_certificates(folder / "pki");
  const Job job = deployment.job().job;
  write_slice(open_model(job.model.path), {job.cut.head, job.cut.tail}, folder / "slice");
  write_data(deployment, static_cast<std::uint64_t>(job.seed));
  return deployment;
}

void write_client_files(const Deployment& deployment, const std::string& server) {
  for (std::size_t k = 0; k < kQuickstartClients; ++k) {
    const std::string id = quickstart_client(k);
    write_atomically(deployment.path(id + ".toml"),
                     fmt::format("server = \"{0}\"\ncert = \"pki/{1}.pem\"\nkey = \"pki/{1}.key\"\n"
                                 "ca = \"pki/ca.pem\"\nmodel = \"slice\"\ndata = \"data/{1}.tsv\"\n"
                                 "dev = \"data/{1}-dev.tsv\"\nthreads = 1\n",
                                 server, id));
  }
}

}  // namespace cleave
