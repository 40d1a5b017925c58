// A server and three clients over mutual TLS on loopback: a job from end to end, and what happens
// when a part of it goes away.
#include "tests/programs/deployed.h"

namespace cleave::testing {
namespace {

void expect_done(Process& process) {
  const Finished result = process.wait();
  EXPECT_EQ(result.code, 0) << result.err;
}

TEST(Deployment, AWholeJobGivesBitwiseTheStateOfItsSimulation) {
  Deployed here;
  const auto server = here.serve({"--out", "run"});
  EXPECT_EQ(here.cleave({"slice", "model", "--head", "1", "--tail", "1", "-o", "slice"}).code, 0);
  std::vector<std::unique_ptr<Process>> clients;
  for (std::size_t k = 0; k < 3; ++k) clients.push_back(here.join(k, {{"model", "slice"}}));
  const Finished result = server->wait();
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.last_line(), "run");
  for (const auto& client : clients) expect_done(*client);

  here.simulate("simulated");
  EXPECT_EQ(here.read("run/state.safetensors"), here.read("simulated/state.safetensors"));
  const Json summary = here.json("run/summary.json");
  EXPECT_EQ(summary.at("bytes").at("total"),
            here.json("simulated/summary.json").at("bytes").at("total"));
  EXPECT_EQ(summary.at("bytes").at("equal_to_closed_form"), true);
  EXPECT_EQ(summary.at("dev_accuracy"), here.json("simulated/summary.json").at("dev_accuracy"));
  const Json dev = here.journal("run").back().at("dev");
  EXPECT_EQ(dev.at("clients").at("mean"), dev.at("accuracy")) << "one client evaluates: itself";
  const Json tls = here.json("run/measured.json").at("tls_bytes");
  EXPECT_EQ(tls.at("agreed_at_close"), true);
  EXPECT_GT(tls.at("sent").get<std::uint64_t>() + tls.at("received").get<std::uint64_t>(),
            summary.at("bytes").at("frames").get<std::uint64_t>());
  const auto counted = tls.at("sent").get<double>() + tls.at("received").get<double>();
  EXPECT_NEAR(summary.at("bytes").at("sockets").at("total").get<double>() / counted, 1, 0.01);
  EXPECT_NE(result.out.find("peak RSS"), std::string::npos);
}

TEST(Deployment, CoordinatorAndBodyMayBeTwoProcesses) {
  Deployed here;
  const auto body = here.serve({"--role", "body"});
  const auto coordinator =
      here.serve({"--role", "coordinator", "--out", "run", "--set", "server.body=" + here.address});
  auto clients = here.join_all();
  expect_done(*coordinator);
  for (const auto& client : clients) expect_done(*client);
  body->signal(SIGTERM);
  EXPECT_EQ(body->wait(std::chrono::seconds(30)).code, 143);
  here.simulate("simulated");
  EXPECT_EQ(here.read("run/state.safetensors"), here.read("simulated/state.safetensors"));
}

TEST(Deployment, AClientLostMidRoundIsNamedAndTheRoundEndsWithTheRest) {
  Deployed here;
  // Without evaluations: whoever is lost in one has its update in the round already.
  const auto server = here.serve({"--out", "run", "--set", "federation.rounds=2000", "--set",
                                  "federation.per_round=3", "--set", "eval.every=0"});
  auto clients = here.join_all();
  server->prints("\n    2 ");
  clients[1]->signal(SIGKILL);
  server->prints("(1 lost)");
  server->signal(SIGINT);
  EXPECT_EQ(server->wait(std::chrono::seconds(30)).code, 130);
  EXPECT_EQ(here.json("run/summary.json").at("status"), "interrupted");
  bool named = false;
  for (const Json& line : here.journal("run")) {
    for (const Json& lost : line.at("lost")) {
      named = true;
      EXPECT_EQ(lost.at("client"), "client-01");
      EXPECT_EQ(line.at("participants").size(), 2u);
    }
  }
  EXPECT_TRUE(named);
  for (const std::size_t k : {0u, 2u}) {
    expect_refused(clients[k]->wait(std::chrono::seconds(30)), 69, {"the server was interrupted"});
  }
}

TEST(Deployment, AnInterruptedServerIsResumedToTheBytesOfAnUninterruptedOne) {
  Deployed here;
  const Arguments rounds = {"--set", "federation.rounds=30", "--out"};
  const auto with = [&](const Arguments& more) {
    Arguments all = rounds;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  auto server = here.serve(with({"run"}));
  auto clients = here.join_all();
  server->prints("\n    2 ");
  server->signal(SIGTERM);
  EXPECT_EQ(server->wait(std::chrono::seconds(30)).code, 143);
  for (const auto& client : clients) EXPECT_EQ(client->wait().code, 69);
  server = here.serve(with({"run", "--resume"}));
  clients = here.join_all();
  expect_done(*server);
  here.simulate("simulated", {"--set", "federation.rounds=30"});
  EXPECT_EQ(here.read("run/state.safetensors"), here.read("simulated/state.safetensors"));
}

TEST(Deployment, AnInterruptedClientSaysSo) {
  Deployed here;
  const auto server = here.serve(
      {"--out", "run", "--set", "federation.rounds=2000", "--set", "federation.per_round=3"});
  auto clients = here.join_all();
  server->prints("\n    2 ");
  clients[1]->signal(SIGINT);
  EXPECT_EQ(clients[1]->wait(std::chrono::seconds(30)).code, 130);
  server->prints("lost client-01: client-01 says: this client was interrupted");
}

TEST(Deployment, PredictionsThroughTheBodyServerAreBitwiseThoseOfOneProcess) {
  Deployed here;
  here.simulate("run");
  here.write("texts.txt", "good film\nbad w3\tw4 w5\n\nw9 w9 w9 w9\n");
  // What the server's own file says of the model's use does not matter: the run knows.
  const auto server = here.serve(
      {"--serve", "run", "--set", "cut.pool=cls", "--set", R"(data.labels=["yes", "no"])"});
  for (const char* file : {"texts.txt", "test.tsv"}) {
    const Finished split = here.run("cleave-client", {here.client_file(0), "--predict", file});
    EXPECT_EQ(split.code, 0) << split.err;
    const Finished whole = here.cleave({"predict", "run", "--data", file});
    EXPECT_EQ(whole.code, 0) << whole.err;
    EXPECT_EQ(split.out, whole.out);
    EXPECT_GT(split.out.size(), 100u);
  }
  expect_refused(here.join(0)->wait(), 76, {"only predicts", "--predict"});
  server->signal(SIGTERM);
  EXPECT_EQ(server->wait(std::chrono::seconds(30)).code, 143) << "a served one ends, too";
}

}  // namespace
}  // namespace cleave::testing
