// What a server does with a new connection: checks the hello, answers with the job, and hands the
// link to the coordinator or to the body. The same code serves sockets and the simulator.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "common/base/hash.h"
#include "common/wire/link.h"
#include "server/body/body_session.h"
#include "server/coordinator/members.h"
#include "server/refusals.h"
#include "server/seats.h"

namespace cleave {

struct Server {
  std::string shared_job;  // TOML, what clients get
  Digest job_hash{};
  Digest model_hash{};
  std::string body_address;            // told to clients; empty: this server has the body
  const State* form = nullptr;         // of the tuned state
  const JobClaims* claims = nullptr;   // what clients are held to; with members
  Members* members = nullptr;          // null: this process is a body only
  BodyService* body = nullptr;         // null: this process is a coordinator only
  const State* predictions = nullptr;  // served to predictors; null: none
  // How long a peer may take to say hello, and a client to load its data; 0: for ever.
  std::chrono::milliseconds hello_deadline{0}, ready_deadline{0};
  Seats seats{};  // open connections but those of members; told when the server stops
  Refusals refusals{};
  Ledger closed_body_traffic{};  // of closed ones, from the clients' side
  TlsBytes closed_body_tls{};
};

// Serves one connection; for a training client it ends once the coordinator has the link.
// Failures are logged, never thrown: one bad peer harms nobody else.
asio::awaitable<void> serve_connection(Server& server, std::shared_ptr<Link> link);

// Tells all body sessions why and closes them.
asio::awaitable<void> close_body_sessions(Server& server, const std::string& reason);

// Closes every link at once, untold.
void cut_off(Server& server, const std::string& reason);

// Everything the body's links have carried, from the clients' side.
Ledger body_traffic(const Server& server);

}  // namespace cleave
