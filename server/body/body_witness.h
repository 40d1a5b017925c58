// What this process's body has seen of each client: the steps that it made and the bytes on its
// link, from the link's beginning. The coordinator holds reports to it (coordinator/claims.h).
//
// Not thread-safe: use from the I/O thread. Memory bound: a few numbers a client.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/model/rows.h"
#include "common/wire/link.h"
#include "server/coordinator/claims.h"

namespace cleave {

// What a batch of these text rows adds, where tuning has `prompt_rows` beside each sample's.
BodyWork work_of(const Layout& smashed, std::int64_t prompt_rows);

class BodyWitness {
 public:
  struct Seen {
    BodyWork trained, evaluated;
    Ledger ledger;  // of the body's end, up to now
  };

  // A link of a client begins: what an earlier one of the same client did is forgotten.
  void begin(const Link& link);
  void end(const Link& link);
  // Steps on a link that is no longer the client's newest do not count.
  void trained(const Link& link, const BodyWork& batch);
  void evaluated(const Link& link, const BodyWork& batch);

  // Nothing of a client that has had no body link here.
  std::optional<Seen> seen(const std::string& client) const;

 private:
  struct Entry {
    const Link* link = nullptr;  // null once it has ended
    Seen seen;
  };
  Entry* entry_of(const Link& link);

  std::map<std::string, Entry> entries_;
};

}  // namespace cleave
