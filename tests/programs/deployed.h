// A deployed job in a workplace: certificates, shares, a server process and its clients.
#pragma once

#include "common/wire/pki.h"
#include "tests/programs/workplace.h"

namespace cleave::testing {

class Deployed : public Workplace {
 public:
  Deployed() {
    pki_init(path("pki"));
    issue("server", "pki", {"127.0.0.1"});
    std::istringstream lines(read("train.tsv"));
    const Json clients = json("partition.json").at("clients");
    for (std::size_t k = 0; k < clients.size(); ++k) {
      issue(id(k));
      std::string share, line;
      for (std::size_t i = 0; i < clients[k].size() && std::getline(lines, line); ++i) {
        share += line + "\n";
      }
      write(id(k) + ".tsv", share);
    }
    write("server.toml", server_text());
  }

  static std::string id(std::size_t k) { return "client-0" + std::to_string(k); }
  static std::string server_text() {
    return shared_job() +
           "[data]\nlabels = [\"no\", \"yes\"]\n[federation]\nper_round = 2\nrounds = 3\n"
           "[eval]\nwhere = \"clients\"\n[deadlines]\nconnect = 1\n[server]\n"
           "listen = \"127.0.0.1:0\"\ncert = \"pki/server.pem\"\nkey = \"pki/server.key\"\n"
           "ca = \"pki/ca.pem\"\nroster = [\"client-00\", \"client-01\", \"client-02\"]\n";
  }
  void issue(const std::string& name, const std::string& dir = "pki",
             const std::vector<std::string>& hosts = {}) const {
    pki_issue(path(dir), name, hosts, 1);
  }

  // Starts a server and waits until it listens.
  std::unique_ptr<Process> serve(const Arguments& more) {
    Arguments arguments = {"server.toml"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto server = start("cleave-server", arguments);
    server->prints("listening on ");
    address = listening(*server);
    return server;
  }
  static std::string listening(const Process& server) {
    const std::string word = "listening on ", out = server.out();
    const std::size_t begin = out.find(word);
    return begin == std::string::npos
               ? ""
               : out.substr(begin + word.size(), out.find('\n', begin) - begin - word.size());
  }

  // A client file, with some of its keys replaced ("" leaves one out).
  std::string client_file(std::size_t k,
                          const std::map<std::string, std::string>& other = {}) const {
    std::map<std::string, std::string> keys = {{"server", address},
                                               {"cert", "pki/" + id(k) + ".pem"},
                                               {"key", "pki/" + id(k) + ".key"},
                                               {"ca", "pki/ca.pem"},
                                               {"model", "model"},
                                               {"data", id(k) + ".tsv"}};
    if (k == 0) keys["dev"] = "dev.tsv";
    for (const auto& [key, value] : other) keys[key] = value;
    std::string text;
    for (const auto& [key, value] : keys) {
      if (!value.empty()) text += key + " = \"" + value + "\"\n";
    }
    const std::string name = id(k) + "-" + std::to_string(std::hash<std::string>()(text)) + ".toml";
    write(name, text);
    return name;
  }
  std::unique_ptr<Process> join(std::size_t k,
                                const std::map<std::string, std::string>& other = {}) const {
    return start("cleave-client", {client_file(k, other)});
  }
  std::vector<std::unique_ptr<Process>> join_all() const {
    std::vector<std::unique_ptr<Process>> clients;
    for (std::size_t k = 0; k < 3; ++k) clients.push_back(join(k));
    return clients;
  }

  std::string address;
};

}  // namespace cleave::testing
