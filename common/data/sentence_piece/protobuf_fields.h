// The fields of one Protobuf message as its wire format spells them, read and written without a
// schema: model files of other programs come in it. What crosses our own links has generated code
// and is none of this file's business.
//
// Format: Protocol Buffers' "Encoding" page. Groups (wire types 3 and 4) are refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cleave {

struct ProtobufField {
  std::uint32_t number = 0;
  enum class Type { kVarint, kFixed64, kBytes, kFixed32 } type = Type::kVarint;
  std::uint64_t value = 0;  // of all types but kBytes
  std::string_view bytes;   // of kBytes; a view of the message

  // Errors of all: DataError when the field is of another type.
  std::string_view as_bytes() const;
  std::uint64_t as_varint() const;
  bool as_flag() const { return as_varint() != 0; }
  float as_float() const;
};

// Takes the next field off the front of `message`; nothing when it is empty.
// Errors: DataError when the bytes are no field, or end within one.
std::optional<ProtobufField> next_field(std::string_view& message);

void append_bytes(std::string& message, std::uint32_t number, std::string_view bytes);
void append_varint(std::string& message, std::uint32_t number, std::uint64_t value);
void append_float(std::string& message, std::uint32_t number, float value);

}  // namespace cleave
