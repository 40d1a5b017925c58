#include "server/seats.h"

namespace cleave {
namespace {

// A client may dial coordinator and body at once, and again while its last try is still there.
std::size_t room_of(Seat seat) { return seat == Seat::kHello ? 4 : 1; }

}  // namespace

Seats::Sitting::Sitting(std::shared_ptr<Taken> taken, Seat seat, std::shared_ptr<Link> link)
    : taken_(std::move(taken)), seat_(seat), link_(std::move(link)) {
  auto& links = (*taken_)[{seat_, link_->peer()}];
  links.push_back(link_);
  if (links.size() <= room_of(seat_)) return;
  const std::shared_ptr<Link> oldest = links.front();
  links.pop_front();
  oldest->close("displaced by a newer session of " + link_->peer());
}

Seats::Sitting::~Sitting() {
  const auto found = taken_->find({seat_, link_->peer()});
  if (found == taken_->end()) return;
  found->second.remove(link_);
  if (found->second.empty()) taken_->erase(found);
}

std::vector<std::shared_ptr<Link>> Seats::of(Seat seat) const {
  std::vector<std::shared_ptr<Link>> out;
  for (const auto& [where, links] : *taken_) {
    if (where.first == seat) out.insert(out.end(), links.begin(), links.end());
  }
  return out;
}

std::vector<std::shared_ptr<Link>> Seats::all() const {
  std::vector<std::shared_ptr<Link>> out;
  for (const auto& [where, links] : *taken_) out.insert(out.end(), links.begin(), links.end());
  return out;
}

}  // namespace cleave
