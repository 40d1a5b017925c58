#include "server/body/body_witness.h"

namespace cleave {

BodyWork work_of(const Layout& smashed, std::int64_t prompt_rows) {
  BodyWork out{1, {}};
  for (const std::int64_t length : smashed.lengths) {
    const auto rows = static_cast<std::uint64_t>(length - smashed.prompt_rows + prompt_rows);
    out.work.samples += 1;
    out.work.rows += rows;
    out.work.squares += rows * rows;
  }
  return out;
}

void BodyWitness::begin(const Link& link) { entries_[link.peer()] = {&link, {}}; }

void BodyWitness::end(const Link& link) {
  Entry* const own = entry_of(link);
  if (!own) return;
  own->seen.ledger = link.ledger();
  own->link = nullptr;
}

void BodyWitness::trained(const Link& link, const BodyWork& batch) {
  if (Entry* const own = entry_of(link)) own->seen.trained += batch;
}

void BodyWitness::evaluated(const Link& link, const BodyWork& batch) {
  if (Entry* const own = entry_of(link)) own->seen.evaluated += batch;
}

std::optional<BodyWitness::Seen> BodyWitness::seen(const std::string& client) const {
  const auto found = entries_.find(client);
  if (found == entries_.end()) return std::nullopt;
  Seen out = found->second.seen;
  if (found->second.link) out.ledger = found->second.link->ledger();
  return out;
}

BodyWitness::Entry* BodyWitness::entry_of(const Link& link) {
  const auto found = entries_.find(link.peer());
  return found != entries_.end() && found->second.link == &link ? &found->second : nullptr;
}

}  // namespace cleave
