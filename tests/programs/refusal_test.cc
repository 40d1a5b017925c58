// Whom and what a deployed job refuses, on both sides: each says what, where and what to do.
#include "tests/programs/deployed.h"
#include "tests/support/raw_socket.h"

namespace cleave::testing {
namespace {

TEST(Refusal, ClientsThatDoNotBelong) {
  Deployed here;
  here.issue("stranger");
  pki_init(here.path("other"));
  here.issue("client-00", "other");
  const auto server = here.serve({"--out", "run"});
  const auto refused = [&](const std::map<std::string, std::string>& keys, int code,
                           const std::vector<std::string>& words) {
    expect_refused(here.join(0, keys)->wait(), code, words);
  };
  refused({{"cert", "pki/stranger.pem"}, {"key", "pki/stranger.key"}}, 77,
          {"stranger is not on the roster", "server.roster"});
  refused({{"cert", "other/client-00.pem"}, {"key", "other/client-00.key"}}, 77,
          {"wrong CA", "same ca.pem"});
  refused({{"ca", "other/ca.pem"}}, 77, {"wrong CA", here.address});
  refused({{"cert", "pki/server.pem"}, {"key", "pki/server.key"}}, 77,
          {"wrong kind of certificate", "--host"});
  refused({{"server", "localhost" + here.address.substr(here.address.rfind(':'))}}, 77,
          {"name mismatch", "localhost", "127.0.0.1", "pki issue --host localhost"});

  fs::copy(here.path("model"), here.path("another"));
  std::string weights = here.read("another/model.safetensors");
  weights[weights.size() / 2] ^= 1;
  here.write("another/model.safetensors", weights);
  refused({{"model", "another"}}, 65, {"another model", "cleave slice"});
  refused({{"data", "missing.tsv"}}, 74, {"missing.tsv"});
  EXPECT_TRUE(server->prints("client-00 says: it could not read or write a file"));
  here.write("canary.tsv", "good w1 w2\tcanary label\n");
  refused({{"data", "canary.tsv"}}, 65, {"canary.tsv:1", "canary label"});
  EXPECT_TRUE(server->prints("client-00 says: its data, its model or the job is not as"));
  for (const char* own : {"canary", "missing.tsv"}) {
    EXPECT_EQ(server->err().find(own), std::string::npos)
        << "the server is told that, and not what: " << server->err();
  }

  for (const auto& client : here.join_all()) (void)client->prints("joined server");
  EXPECT_EQ(server->err().find("internal error"), std::string::npos) << server->err();
}

TEST(Refusal, OwnFilesThatCannotBeUsed) {
  Deployed here;
  here.address = "127.0.0.1:1";
  const auto refused = [&](const std::map<std::string, std::string>& keys, int code,
                           const std::vector<std::string>& words) {
    expect_refused(here.join(0, keys)->wait(), code, words);
  };
  fs::permissions(here.path("pki/client-00.key"), fs::perms(0644));
  refused({}, 77, {"client-00.key", "mode 0644", "chmod 600"});
  fs::permissions(here.path("pki/client-00.key"), fs::perms(0600));
  refused({{"key", "pki/client-01.key"}}, 65,
          {"client-01.key does not belong to", "client-00.pem"});
  refused({{"key", "none.key"}}, 74, {"none.key"});
  refused({{"cert", "train.tsv"}}, 65, {"train.tsv cannot be used", "cleave pki issue"});
  refused({{"ca", ""}}, 65, {"the key \"ca\" is missing"});
  refused({{"daat", "x"}}, 65, {"unknown key \"daat\"", "did you mean data?"});
  refused({{"server", "here"}}, 65, {"\"here\" is not an address", "host:port"});
  EXPECT_EQ(here.cleave({"slice", "model", "--head", "1", "--tail", "1", "-o", "slice"}).code, 0);
  std::string weights = here.read("slice/model.safetensors");
  weights.back() ^= 1;
  here.write("slice/model.safetensors", weights);
  refused({{"model", "slice"}}, 65, {"is not what model.lock says", "cleave slice"});
}

TEST(Refusal, PeersThatSpeakPlainTextHarmNobody) {
  Deployed here;
  const auto server = here.serve({"--out", "run"});
  const RawClient plain(here.address);
  plain.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(server->prints("does not speak TLS"));
  for (const auto& client : here.join_all()) (void)client->prints("joined server");
}

TEST(Refusal, PeersThatSayNothingHarmNobody) {
  Deployed here;
  const auto server = here.serve({"--out", "run"});
  const RawClient silent(here.address);
  EXPECT_TRUE(server->prints("no TLS handshake in time"));
  const RawClient still_there(here.address);
  for (const auto& client : here.join_all()) (void)client->prints("joined server");
}

TEST(Refusal, AServerThatSpeaksPlainTextIsNamed) {
  Deployed here;
  const RawListener plain;
  here.address = plain.address();
  const auto client = here.join(0);
  plain.answer("220 mail.example.org ESMTP\r\n");
  expect_refused(client->wait(), 77, {here.address, "does not speak TLS"});
}

TEST(Refusal, JobsThatCannotBeDeployed) {
  Deployed here;
  const auto refused = [&](const std::string& setting, const std::vector<std::string>& words) {
    expect_refused(here.run("cleave-server", {"server.toml", "--out", "run", "--set", setting}), 65,
                   words);
  };
  refused("federation.partition=iid", {"federation.partition", "remove the key"});
  refused("eval.test=true", {"eval.test", "cleave eval"});
  refused("server.cert=", {"server.cert is missing"});
  refused("server.roster=[]", {"server.roster is empty"});
  refused(R"(server.roster=["client-00", "client-00"])", {"names a client twice"});
  refused("server.start_with=4", {"server.start_with = 4", "3 clients of server.roster"});
  refused("federation.per_round=4", {"federation.per_round = 4", "3 clients of server.roster"});
  EXPECT_FALSE(fs::exists(here.path("run")));
}

TEST(Refusal, AnOutFolderThatIsNotEmptyIsRefusedBeforeAnybodyJoins) {
  Deployed here;
  const Finished result = here.run("cleave-server", {"server.toml", "--out", "pki"});
  expect_refused(result, 2, {"pki is not empty", "--resume"});
  EXPECT_EQ(result.out.find("listening"), std::string::npos);
}

TEST(Refusal, AServerWithoutARunToServeSaysSo) {
  Deployed here;
  expect_refused(here.run("cleave-server", {"server.toml", "--serve", "model"}), 2,
                 {"model is not a run directory"});
}

}  // namespace
}  // namespace cleave::testing
