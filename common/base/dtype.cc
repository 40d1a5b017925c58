#include "common/base/dtype.h"

#include <array>

#include "common/base/error.h"

namespace cleave {
namespace {

struct Entry {
  Dtype dtype;
  std::string_view name;
  std::size_t size;
};

constexpr std::array kEntries{
    Entry{Dtype::kBool, "BOOL", 1}, Entry{Dtype::kU8, "U8", 1},   Entry{Dtype::kI8, "I8", 1},
    Entry{Dtype::kI16, "I16", 2},   Entry{Dtype::kU16, "U16", 2}, Entry{Dtype::kF16, "F16", 2},
    Entry{Dtype::kBf16, "BF16", 2}, Entry{Dtype::kI32, "I32", 4}, Entry{Dtype::kU32, "U32", 4},
    Entry{Dtype::kF32, "F32", 4},   Entry{Dtype::kI64, "I64", 8}, Entry{Dtype::kU64, "U64", 8},
    Entry{Dtype::kF64, "F64", 8},
};

const Entry& entry(Dtype dtype) {
  for (const Entry& e : kEntries) {
    if (e.dtype == dtype) return e;
  }
  CLEAVE_CHECK(!"every Dtype has an entry");
  return kEntries[0];
}

}  // namespace

std::size_t dtype_size(Dtype dtype) { return entry(dtype).size; }

std::string_view dtype_name(Dtype dtype) { return entry(dtype).name; }

std::optional<Dtype> dtype_from_name(std::string_view name) {
  for (const Entry& e : kEntries) {
    if (e.name == name) return e.dtype;
  }
  return std::nullopt;
}

}  // namespace cleave
