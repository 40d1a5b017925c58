#include "server/coordinator/measured.h"

#include <openssl/crypto.h>
#include <sys/resource.h>
#include <torch/version.h>
#include <unistd.h>

#include <boost/version.hpp>
#include <fstream>
#include <string>
#include <thread>

#include "common/base/revision.h"
#include "common/model/threads.h"

namespace cleave {
namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string line_value(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(key, 0) != 0) continue;
    const std::size_t value = line.find_first_not_of(" \t:", key.size());
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "";
}

}  // namespace

double Stopwatch::wall_seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

Json measure(const Stopwatch& watch, int threads) {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  return {{"wall_seconds", watch.wall_seconds()},
          {"cpu_seconds", cpu_seconds()},
          {"peak_rss_mb", peak_rss_mb()},
          {"threads", threads},
          {"blas", blas_description()},
          {"host", host},
          {"processor", line_value("/proc/cpuinfo", "model name")},
          {"processors", std::thread::hardware_concurrency()},
          {"versions",
           {{"cleave", CLEAVE_VERSION},
            {"libtorch", TORCH_VERSION},
            {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
            {"boost", BOOST_LIB_VERSION},
            {"compiler", __VERSION__}}},
          {"revision", kRevision}};
}

}  // namespace cleave
