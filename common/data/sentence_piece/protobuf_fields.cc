#include "common/data/sentence_piece/protobuf_fields.h"

#include <bit>

#include "common/base/error.h"

namespace cleave {
namespace {

using Type = ProtobufField::Type;

[[noreturn]] void broken(const std::string& why) {
  throw DataError("the Protobuf message is broken: " + why);
}

std::uint64_t take_varint(std::string_view& message) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (message.empty()) broken("it ends within a number");
    const auto byte = static_cast<std::uint8_t>(message.front());
    message.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  broken("a number has over ten bytes");
}

std::string_view take(std::string_view& message, std::uint64_t size) {
  if (size > message.size()) broken("a field ends past the end");
  const std::string_view taken = message.substr(0, size);
  message.remove_prefix(size);
  return taken;
}

std::uint64_t take_fixed(std::string_view& message, std::uint64_t size) {
  const std::string_view bytes = take(message, size);
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

void append_number(std::string& message, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) message += static_cast<char>(value | 0x80);
  message += static_cast<char>(value);
}

void append_key(std::string& message, std::uint32_t number, std::uint32_t wire_type) {
  append_number(message, std::uint64_t{number} << 3 | wire_type);
}

}  // namespace

std::string_view ProtobufField::as_bytes() const {
  if (type != Type::kBytes) broken("field " + std::to_string(number) + " holds no bytes");
  return bytes;
}

std::uint64_t ProtobufField::as_varint() const {
  if (type != Type::kVarint) broken("field " + std::to_string(number) + " is no whole number");
  return value;
}

float ProtobufField::as_float() const {
  if (type != Type::kFixed32) broken("field " + std::to_string(number) + " is no float");
  return std::bit_cast<float>(static_cast<std::uint32_t>(value));
}

std::optional<ProtobufField> next_field(std::string_view& message) {
  if (message.empty()) return std::nullopt;
  const std::uint64_t key = take_varint(message);
  if (key >> 3 == 0 || key >> 3 >= 1u << 29) broken("a field has no valid number");
  ProtobufField field;
  field.number = static_cast<std::uint32_t>(key >> 3);
  switch (key & 7) {
    case 0:
      field.type = Type::kVarint;
      field.value = take_varint(message);
      break;
    case 1:
      field.type = Type::kFixed64;
      field.value = take_fixed(message, 8);
      break;
    case 2:
      field.type = Type::kBytes;
      field.bytes = take(message, take_varint(message));
      break;
    case 5:
      field.type = Type::kFixed32;
      field.value = take_fixed(message, 4);
      break;
    default:
      broken("field " + std::to_string(field.number) + " has an unknown wire type");
  }
  return field;
}

void append_bytes(std::string& message, std::uint32_t number, std::string_view bytes) {
  append_key(message, number, 2);
  append_number(message, bytes.size());
  message += bytes;
}

void append_varint(std::string& message, std::uint32_t number, std::uint64_t value) {
  append_key(message, number, 0);
  append_number(message, value);
}

void append_float(std::string& message, std::uint32_t number, float value) {
  append_key(message, number, 5);
  const auto bits = std::bit_cast<std::uint32_t>(value);
  for (int shift = 0; shift < 32; shift += 8) message += static_cast<char>(bits >> shift);
}

}  // namespace cleave
