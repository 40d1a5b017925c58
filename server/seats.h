// A bound on the links of each id: one for each purpose, and a few that have not said theirs.
// Whoever sits down on a full seat displaces its oldest link, which is closed. So a certificate
// holds a bounded number of connections.
//
// Not thread-safe: use from the I/O thread.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/wire/link.h"

namespace cleave {

enum class Seat {
  kHello,    // let in by its certificate; has not said what it wants
  kJoining,  // a client that loads its data
  kBody,
  kPredictor,
};

class Seats {
  // The oldest first.
  using Taken = std::map<std::pair<Seat, std::string>, std::list<std::shared_ptr<Link>>>;

 public:
  // Keeps a seat until destroyed, or until newer links take it.
  class Sitting {
   public:
    Sitting(std::shared_ptr<Taken> taken, Seat seat, std::shared_ptr<Link> link);
    Sitting(const Sitting&) = delete;
    Sitting& operator=(const Sitting&) = delete;
    ~Sitting();

   private:
    std::shared_ptr<Taken> taken_;  // a connection may outlive the server, in a loop that has ended
    Seat seat_;
    std::shared_ptr<Link> link_;
  };

  Sitting sit(Seat seat, std::shared_ptr<Link> link) { return {taken_, seat, std::move(link)}; }
  std::vector<std::shared_ptr<Link>> of(Seat seat) const;
  std::vector<std::shared_ptr<Link>> all() const;

 private:
  std::shared_ptr<Taken> taken_ = std::make_shared<Taken>();
};

}  // namespace cleave
