#include "common/base/error.h"

#include <cstdio>
#include <new>
#include <system_error>

namespace cleave {
namespace {

// A bug of ours; not an Error, so that no handler for input errors swallows it.
struct CheckFailure : std::logic_error {
  using std::logic_error::logic_error;
};

}  // namespace

void check_failed(const char* file, int line, const char* condition) {
  throw CheckFailure(std::string(file) + ":" + std::to_string(line) +
                     ": check failed: " + condition);
}

int guarded_main(const std::string& program, const std::function<int()>& body) {
  try {
    return body();
  } catch (const Error& error) {
    std::fprintf(stderr, "%s: %s\n", program.c_str(), error.what());
    return static_cast<int>(error.exit());
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "%s: out of memory; use a smaller batch or a smaller model\n",
                 program.c_str());
    return static_cast<int>(Exit::kIo);
  } catch (const std::system_error& error) {  // a folder that may not be read, a full disk
    std::fprintf(stderr, "%s: %s\n", program.c_str(), error.what());
    return static_cast<int>(Exit::kIo);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: internal error: %s. This is a bug in Cleave, please report it.\n",
                 program.c_str(), error.what());
    return static_cast<int>(Exit::kBug);
  }
}

}  // namespace cleave
