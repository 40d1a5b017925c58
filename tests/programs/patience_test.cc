// What takes a client its whole patience: peers that are not there, or never answer.
#include "tests/programs/deployed.h"
#include "tests/support/raw_socket.h"

namespace cleave::testing {
namespace {

TEST(Patience, ADeadPortAnUnknownHostAndASilentServerAreNamed) {
  Deployed here;
  const RawListener silent;
  const auto dead = here.join(0, {{"server", "127.0.0.1:1"}});
  const auto unknown = here.join(1, {{"server", "nobody.invalid:7443"}});
  const auto mute = here.join(2, {{"server", silent.address()}});
  expect_refused(dead->wait(), 69, {"cannot reach 127.0.0.1:1", "is cleave-server running there?"});
  expect_refused(unknown->wait(), 69, {"cannot reach nobody.invalid:7443"});
  expect_refused(mute->wait(), 69, {silent.address(), "no TLS handshake in time"});
}

}  // namespace
}  // namespace cleave::testing
