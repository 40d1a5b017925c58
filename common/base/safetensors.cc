#include "common/base/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

#include "common/base/error.h"

namespace cleave {
namespace {

constexpr std::size_t kMaxRank = 8;
constexpr std::uint64_t kMaxDimension = std::uint64_t{1} << 31;
constexpr std::size_t kMaxDepth = 4;

[[noreturn]] void refuse(const std::string& rule) {
  throw DataError("safetensors header: " + rule);
}

// Collects the header from JSON events, so that a hostile one never becomes a document in memory.
// Levels: 1 = the file's object, 2 = one tensor's or the metadata's object, 3 = an array in it.
class HeaderEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  SafetensorsHeader take() { return std::move(header_); }
  const std::string& problem() const { return problem_; }

  bool null() override { return fail("null where a value belongs"); }
  bool boolean(bool) override { return fail("true or false where a value belongs"); }
  bool number_float(double, const std::string&) override { return fail("a fractional number"); }
  bool binary(nlohmann::json::binary_t&) override { return fail("binary data"); }
  bool number_integer(std::int64_t) override { return fail("a negative number"); }

  bool number_unsigned(std::uint64_t value) override {
    if (depth_ != 3) return fail("a number outside shape and data_offsets");
    if (field_ == "shape") {
      if (tensor_.shape.size() == kMaxRank) return fail("more than 8 dimensions");
      if (value > kMaxDimension) return fail("a dimension above 2^31");
      tensor_.shape.push_back(static_cast<std::int64_t>(value));
    } else {
      if (offsets_ == 2) return fail("more than two data_offsets");
      (offsets_++ == 0 ? tensor_.begin : tensor_.end) = value;
    }
    return true;
  }

  bool string(std::string& value) override {
    if (depth_ != 2) return fail("a string where none belongs");
    if (in_metadata_) return header_.metadata.emplace(field_, value).second || fail("a key twice");
    if (field_ != "dtype") return fail("a string in " + field_);
    const auto dtype = dtype_from_name(value);
    if (!dtype) return fail("unknown dtype \"" + value.substr(0, 32) + "\"");
    tensor_.dtype = *dtype;
    return true;
  }

  bool start_object(std::size_t) override {
    if (++depth_ > 2) return fail("an object inside a tensor's entry");
    if (depth_ == 2) {
      tensor_ = {};
      offsets_ = 0;
      seen_.clear();
      in_metadata_ = name_ == "__metadata__";
    }
    return true;
  }

  bool key(std::string& value) override {
    if (depth_ == 1) {
      if (header_.tensors.contains(value)) return fail("the name \"" + value + "\" twice");
      if (value == "__metadata__" && std::exchange(had_metadata_, true)) {
        return fail("__metadata__ twice");
      }
      name_ = value;
      return true;
    }
    field_ = value;
    if (in_metadata_) return true;
    if (value != "dtype" && value != "shape" && value != "data_offsets") {
      return fail("unknown key \"" + value.substr(0, 32) + "\"");
    }
    if (std::find(seen_.begin(), seen_.end(), value) != seen_.end()) {
      return fail("the key " + value + " twice");
    }
    seen_.push_back(value);
    return true;
  }

  bool end_object() override {
    if (depth_-- == 2 && !in_metadata_) {
      if (seen_.size() != 3) return fail("dtype, shape or data_offsets is missing");
      if (offsets_ != 2) return fail("data_offsets needs two numbers");
      header_.tensors.emplace(name_, tensor_);
    }
    return true;
  }

  bool start_array(std::size_t) override {
    if (++depth_ > kMaxDepth - 1) return fail("nested deeper than 4 levels");
    if (depth_ != 3 || in_metadata_ || field_ == "dtype")
      return fail("an array where none belongs");
    return true;
  }

  bool end_array() override {
    --depth_;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& error) override {
    problem_ = "not valid JSON at byte " + std::to_string(position) + " (" + error.what() + ")";
    return false;
  }

 private:
  bool fail(const std::string& what) {
    problem_ = (name_.empty() ? "" : "entry \"" + name_.substr(0, 80) + "\": ") + what;
    return false;
  }

  SafetensorsHeader header_;
  TensorInfo tensor_;
  std::string name_, field_, problem_;
  std::vector<std::string> seen_;
  std::size_t depth_ = 0;
  int offsets_ = 0;
  bool in_metadata_ = false;
  bool had_metadata_ = false;
};

std::uint64_t read_u64(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
  return value;
}

// The number of bytes that shape and dtype call for. Errors: DataError on overflow.
std::uint64_t byte_count(const std::string& name, const TensorInfo& tensor) {
  std::uint64_t count = dtype_size(tensor.dtype);
  for (const std::int64_t dimension : tensor.shape) {
    if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(dimension), &count)) {
      refuse("entry \"" + name + "\": the shape overflows");
    }
  }
  return count;
}

// Tensors must cover the data section exactly: no hole, no overlap, nothing left over.
void check_layout(const SafetensorsHeader& header, std::uint64_t data_size) {
  std::vector<std::pair<const std::string*, const TensorInfo*>> by_offset;
  for (const auto& [name, tensor] : header.tensors) by_offset.emplace_back(&name, &tensor);
  std::sort(by_offset.begin(), by_offset.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second->begin, a.second->end) < std::pair(b.second->begin, b.second->end);
  });
  std::uint64_t expected = 0;
  for (const auto& [name, tensor] : by_offset) {
    if (tensor->begin != expected || tensor->end < tensor->begin) {
      refuse("entry \"" + *name + "\": data_offsets leave a hole or overlap another tensor");
    }
    if (byte_count(*name, *tensor) != tensor->end - tensor->begin) {
      refuse("entry \"" + *name + "\": shape and dtype do not match data_offsets");
    }
    expected = tensor->end;
  }
  if (expected != data_size) {
    refuse("the tensors cover " + std::to_string(expected) + " bytes but the file holds " +
           std::to_string(data_size) + " (a truncated download?)");
  }
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::span<const std::byte> start,
                                           std::uint64_t file_size) {
  if (file_size < 8 || start.size() < 8) refuse("the file is shorter than 8 bytes");
  const std::uint64_t length = read_u64(start);
  if (length > kMaxSafetensorsHeader) {
    refuse("its length " + std::to_string(length) + " is above the limit of 16 MiB");
  }
  if (length > file_size - 8 || length > start.size() - 8) refuse("it ends past the file's end");
  const char* text = reinterpret_cast<const char*>(start.data()) + 8;
  if (length == 0 || text[0] != '{') refuse("it does not begin with '{'");

  HeaderEvents events;
  if (!nlohmann::json::sax_parse(text, text + length, &events)) refuse(events.problem());
  SafetensorsHeader header = events.take();
  check_layout(header, file_size - 8 - length);
  for (auto& [name, tensor] : header.tensors) {
    tensor.begin += 8 + length;
    tensor.end += 8 + length;
  }
  return header;
}

NewHeader make_safetensors_header(std::vector<NewTensor> tensors,
                                  const std::map<std::string, std::string>& metadata) {
  std::sort(tensors.begin(), tensors.end(), [](const NewTensor& a, const NewTensor& b) {
    const std::size_t size_a = dtype_size(a.dtype), size_b = dtype_size(b.dtype);
    return size_a != size_b ? size_a > size_b : a.name < b.name;
  });
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!metadata.empty()) json["__metadata__"] = metadata;
  NewHeader out;
  std::uint64_t offset = 0;
  for (const NewTensor& tensor : tensors) {
    std::uint64_t size = dtype_size(tensor.dtype);
    for (const std::int64_t d : tensor.shape) size *= static_cast<std::uint64_t>(d);
    json[tensor.name] = {{"dtype", dtype_name(tensor.dtype)},
                         {"shape", tensor.shape},
                         {"data_offsets", {offset, offset + size}}};
    offset += size;
    out.order.push_back(tensor.name);
  }
  std::string text = json.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  for (int i = 0; i < 8; ++i) out.bytes += static_cast<char>(text.size() >> (8 * i) & 0xff);
  out.bytes += text;
  return out;
}

}  // namespace cleave
