#include "server/coordinator/kernels.h"

namespace cleave {
namespace {

constexpr const char* kMeasured = "measured.json";
constexpr const char* kKernels = "kernels";

}  // namespace

Kernels note_kernels(const RunFolder& folder, const std::string& present) {
  Json measured = folder.read_json(kMeasured).value_or(Json::object());
  Kernels kernels{measured.value(kKernels, Json::array()), ""};
  if (!kernels.used.empty() && kernels.used.back() == present) return kernels;
  if (!kernels.used.empty()) {
    kernels.warning = "OTHER BLAS KERNELS: " + folder.path().string() + " was computed with " +
                      kernels.used.back().get<std::string>() + " and goes on with " + present +
                      "; its numbers may differ in their last bits from an uninterrupted run's "
                      "(OPENBLAS_CORETYPE chooses kernels)";
  }
  kernels.used.push_back(present);
  measured[kKernels] = kernels.used;
  folder.write_json(kMeasured, measured);
  return kernels;
}

}  // namespace cleave
