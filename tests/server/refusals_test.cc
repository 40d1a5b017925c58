// What a flood of refusals costs the log, and how a process keeps a descriptor back.
#include "server/refusals.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <vector>

#include "server/descriptors.h"

namespace cleave::testing {
namespace {

using asio::ip::tcp;
const Refusals::Clock::time_point kStart{};

TEST(Refusals, OfOneSourceAreToldOnceInAWhileWithTheirCount) {
  Refusals refusals;
  EXPECT_EQ(refusals.note("", "first", kStart), "first");
  for (int i = 0; i < 500; ++i) EXPECT_EQ(refusals.note("", "again", kStart), std::nullopt);
  EXPECT_EQ(refusals.note("", "later", kStart + Refusals::kQuiet), "later (and 500 more since)");
  EXPECT_EQ(refusals.note("", "soon", kStart + Refusals::kQuiet), std::nullopt);
  EXPECT_EQ(refusals.note("", "then", kStart + 2 * Refusals::kQuiet), "then (and 1 more since)");
}

TEST(Refusals, OfAnotherSourceAreNotSuppressed) {
  Refusals refusals;
  EXPECT_EQ(refusals.note("", "a stranger", kStart), "a stranger");
  EXPECT_EQ(refusals.note("client-1", "a client", kStart), "a client");
}

TEST(SpareDescriptor, TurnsAwayWhoCannotBeAcceptedAny) {
  asio::io_context io{1};
  tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  SpareDescriptor spare;
  EXPECT_FALSE(spare.turn_away(acceptor));  // nobody waits
  tcp::socket visitor(io), second(io);
  visitor.connect(acceptor.local_endpoint());
  second.open(tcp::v4());

  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{3, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  boost::system::error_code refused;
  acceptor.accept(refused);
  EXPECT_EQ(refused, boost::system::errc::too_many_files_open);
  // The spare one is above this artificial limit: as many as were open are allowed again.
  const rlimit as_many{static_cast<rlim_t>(second.native_handle()) + 1, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &as_many), 0);
  EXPECT_TRUE(spare.turn_away(acceptor));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);

  char byte = 0;
  boost::system::error_code ended;
  visitor.read_some(asio::buffer(&byte, 1), ended);
  EXPECT_TRUE(ended) << "the visitor was closed";
}

TEST(Descriptors, TheSoftLimitIsRaisedToTheHardOne) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{256, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  const std::size_t raised = raise_descriptor_limit();
  EXPECT_EQ(raised, std::min<rlim_t>(before.rlim_max, 65'536));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace cleave::testing
