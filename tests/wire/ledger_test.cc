// The ledger's algebra, and the check that two ends' ledgers mirror each other.
#include "common/wire/ledger.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "common/base/error.h"

namespace cleave {
namespace {

Ledger any_ledger() {
  Ledger ledger;
  for (Direction* direction : {&ledger.sent, &ledger.received}) {
    for (Count& count : direction->by_kind) {
      count.frames = *rc::gen::inRange<std::uint64_t>(0, 1000);
      count.payload = *rc::gen::inRange<std::uint64_t>(0, 1 << 30);
    }
  }
  return ledger;
}

std::string difference(const Ledger& own, const Ledger& theirs) {
  try {
    check_mirror(own, theirs, "client-7");
  } catch (const ProtocolError& error) {
    return error.what();
  }
  return "none";
}

RC_GTEST_PROP(Ledger, DifferenceUndoesTheSum, ()) {
  const Ledger before = any_ledger(), during = any_ledger();
  RC_ASSERT((before + during) - before == during);
  RC_ASSERT((before + during) - during == before);
}

RC_GTEST_PROP(Ledger, SumHasNoOrderAndAZero, ()) {
  const Ledger a = any_ledger(), b = any_ledger(), c = any_ledger();
  RC_ASSERT(a + b == b + a);
  RC_ASSERT((a + b) + c == a + (b + c));
  RC_ASSERT(a + Ledger{} == a);
}

RC_GTEST_PROP(Ledger, GroupsPartitionTheTotal, ()) {
  const Ledger ledger = any_ledger();
  Count groups, all;
  for (const Group group : {Group::kTraining, Group::kEvaluation, Group::kSession}) {
    groups += ledger.sent.total(group);
  }
  for (const Count& count : ledger.sent.by_kind) all += count;
  RC_ASSERT(groups == all);
}

RC_GTEST_PROP(Ledger, MirrorsItsOwnMirrorAndNothingThatDiffersByOneByteOrFrame, ()) {
  const Ledger own = any_ledger();
  RC_ASSERT(difference(own, mirror(own)) == "none");
  const std::size_t kind = *rc::gen::inRange<std::size_t>(0, kKinds.size());
  RC_PRE(kKinds[kind].kind != Kind::kPing);
  Ledger theirs = mirror(own);
  Direction& direction = *rc::gen::arbitrary<bool>() ? theirs.sent : theirs.received;
  (*rc::gen::arbitrary<bool>() ? direction.by_kind[kind].frames
                               : direction.by_kind[kind].payload) += 1;
  RC_ASSERT(difference(own, theirs).find(kKinds[kind].name) != std::string::npos);
}

TEST(Ledger, MirrorCheckNamesTheKindTheDirectionAndBothCounts) {
  Ledger own;
  own.sent[Kind::kSmashed] = {2, 100};
  EXPECT_EQ(difference(own, {}),
            "the ledgers differ: smashed to client-7: 2 frames with 100 bytes here, 0 frames with "
            "0 bytes there");
  EXPECT_EQ(difference({}, own),
            "the ledgers differ: smashed from client-7: 0 frames with 0 bytes here, 2 frames with "
            "100 bytes there");
}

TEST(Ledger, MirrorCheckLeavesPingsOut) {
  Ledger own;
  own.sent[Kind::kPing] = {3, 0};
  EXPECT_EQ(difference(own, {}), "none");
}

TEST(Ledger, FrameBytesAddAHeaderAFrame) {
  EXPECT_EQ((Count{3, 1000}.frame_bytes()), 1000u + 3 * kHeaderBytes);
}

}  // namespace
}  // namespace cleave
