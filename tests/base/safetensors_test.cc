// The safetensors header: what is valid, and every rule whose breach refuses a file.
#include "common/base/safetensors.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "common/base/files.h"
#include "tests/support/refusal.h"

namespace cleave {
namespace {

using testing::refusal;

std::string length_prefix(std::uint64_t length) {
  std::string out;
  for (int i = 0; i < 8; ++i) out += static_cast<char>(length >> (8 * i) & 0xff);
  return out;
}

std::string file_of(const std::string& json, std::size_t data) {
  return length_prefix(json.size()) + json + std::string(data, '\x7f');
}

SafetensorsHeader parse(const std::string& file) {
  return parse_safetensors_header(std::as_bytes(std::span(file)), file.size());
}

std::string why_refused(const std::string& json, std::size_t data) {
  return refusal([&] { parse(file_of(json, data)); });
}

std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

TEST(Safetensors, TheReferenceExampleOf84BytesIsValid) {
  const std::string file =
      file_of(R"({"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}})", 16);
  ASSERT_EQ(file.size(), 84u);
  const SafetensorsHeader header = parse(file);
  const TensorInfo& test = header.tensors.at("test");
  EXPECT_EQ(test.dtype, Dtype::kI32);
  EXPECT_EQ(test.shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(test.begin, 68u);
  EXPECT_EQ(test.end, 84u);
}

TEST(Safetensors, OurWriterPadsTheSameTensorTo64Bytes) {
  const NewHeader header = make_safetensors_header({{"test", Dtype::kI32, {2, 2}}}, {});
  EXPECT_EQ(header.bytes.substr(0, 8), length_prefix(64));
  EXPECT_EQ(header.bytes.size() + 16, 88u);
  EXPECT_EQ(header.bytes.substr(header.bytes.size() - 4), "    ");
}

TEST(Safetensors, ScalarsEmptyTensorsMetadataAndAnEmptyFileAreValid) {
  const SafetensorsHeader header =
      parse(file_of(R"({"__metadata__":{"format":"pt"},"s":)" + entry("F64", "[]", "[0,8]") +
                        R"(,"e":)" + entry("F32", "[3,0,2]", "[8,8]") + "}",
                    8));
  EXPECT_EQ(header.metadata.at("format"), "pt");
  EXPECT_TRUE(header.tensors.at("s").shape.empty());
  EXPECT_EQ(header.tensors.at("e").begin, header.tensors.at("e").end);
  EXPECT_TRUE(parse(file_of("{}", 0)).tensors.empty());
}

TEST(Safetensors, EveryDtypeOfTheFormatHasItsSize) {
  const std::vector<std::pair<std::string, int>> sizes = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"I16", 2}, {"U16", 2}, {"F16", 2}, {"BF16", 2},
      {"I32", 4},  {"U32", 4}, {"F32", 4}, {"I64", 8}, {"U64", 8}, {"F64", 8}};
  for (const auto& [name, size] : sizes) {
    const std::string end = std::to_string(3 * size);
    EXPECT_EQ(why_refused(R"({"a":)" + entry(name, "[3]", "[0," + end + "]") + "}", 3 * size), "")
        << name;
  }
}

TEST(Safetensors, AFileShorterThanItsLengthPrefixIsRefused) {
  for (std::size_t n = 0; n < 8; ++n) {
    EXPECT_NE(refusal([&] { parse(std::string(n, '\0')); }).find("shorter than 8"),
              std::string::npos);
  }
}

TEST(Safetensors, ALengthAbove16MiBIsRefusedBeforeAnyOfItIsRead) {
  for (const std::uint64_t length :
       {(std::uint64_t{16} << 20) + 1, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    const std::string start = length_prefix(length);
    const std::string why = refusal(
        [&] { parse_safetensors_header(std::as_bytes(std::span(start)), std::uint64_t{1} << 40); });
    EXPECT_NE(why.find("above the limit of 16 MiB"), std::string::npos) << length;
  }
}

TEST(Safetensors, ALengthPastTheFilesEndIsRefused) {
  EXPECT_NE(refusal([] { parse(length_prefix(3) + "{}"); }).find("past the file's end"),
            std::string::npos);
}

TEST(Safetensors, OneByteTooFewOrTooManyIsRefused) {
  const std::string json = R"({"a":)" + entry("F32", "[4]", "[0,16]") + "}";
  EXPECT_EQ(why_refused(json, 16), "");
  for (const std::size_t data : {15, 17}) {
    EXPECT_NE(why_refused(json, data).find("cover 16 bytes but the file holds"), std::string::npos);
  }
}

struct Broken {
  const char* name;
  std::string json;
  std::size_t data;
  const char* says;
};

TEST(Safetensors, EveryBrokenRuleOfTheHeaderIsNamed) {
  const std::string four = entry("F32", "[1]", "[0,4]");
  const std::vector<Broken> all = {
      {"an empty header", "", 0, "does not begin with '{'"},
      {"a space first", " {}", 0, "does not begin with '{'"},
      {"an array", "[]", 0, "does not begin with '{'"},
      {"broken JSON", R"({"a":)", 0, "not valid JSON"},
      {"text after the object", "{} {}", 0, "not valid JSON"},
      {"invalid UTF-8", "{\"\xff\":" + four + "}", 4, "not valid JSON"},
      {"a name twice", R"({"a":)" + four + R"(,"a":)" + entry("F32", "[1]", "[4,8]") + "}", 8,
       "\"a\" twice"},
      {"a key twice", R"({"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4,
       "dtype twice"},
      {"metadata twice", R"({"__metadata__":{},"__metadata__":{}})", 0, "__metadata__ twice"},
      {"a metadata key twice", R"({"__metadata__":{"a":"1","a":"2"}})", 0, "a key twice"},
      {"metadata that is a number", R"({"__metadata__":{"a":1}})", 0, "a number outside"},
      {"metadata that is an object", R"({"__metadata__":{"a":{}}})", 0, "an object inside"},
      {"metadata that is an array", R"({"__metadata__":{"a":[]}})", 0, "an array where none"},
      {"metadata that is null", R"({"__metadata__":{"a":null}})", 0, "null where"},
      {"a tensor that is a string", R"({"a":"F32"})", 0, "a string where none"},
      {"a tensor that is an array", R"({"a":[]})", 0, "an array where none"},
      {"a tensor that is true", R"({"a":true})", 0, "true or false"},
      {"an unknown key", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":[1]}})", 4,
       "unknown key \"x\""},
      {"no dtype", R"({"a":{"shape":[1],"data_offsets":[0,4]}})", 4, "is missing"},
      {"no shape", R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4, "is missing"},
      {"no offsets", R"({"a":{"dtype":"F32","shape":[1]}})", 4, "is missing"},
      {"an unknown dtype", R"({"a":)" + entry("F31", "[1]", "[0,4]") + "}", 4,
       "unknown dtype \"F31\""},
      {"a dtype in an array", R"({"a":{"dtype":["F32"],"shape":[1],"data_offsets":[0,4]}})", 4,
       "an array where none"},
      {"a shape that is a string", R"({"a":{"dtype":"F32","shape":"1","data_offsets":[0,4]}})", 4,
       "a string in shape"},
      {"a shape that is a number", R"({"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})", 4,
       "a number outside"},
      {"a negative dimension", R"({"a":)" + entry("F32", "[-1]", "[0,4]") + "}", 4,
       "a negative number"},
      {"a fractional offset", R"({"a":)" + entry("F32", "[1]", "[0,4.0]") + "}", 4,
       "a fractional number"},
      {"a negative offset", R"({"a":)" + entry("F32", "[1]", "[-4,0]") + "}", 4,
       "a negative number"},
      {"one offset", R"({"a":)" + entry("F32", "[0]", "[0]") + "}", 0, "needs two numbers"},
      {"three offsets", R"({"a":)" + entry("F32", "[1]", "[0,4,4]") + "}", 4, "more than two"},
      {"nine dimensions", R"({"a":)" + entry("U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]") + "}", 1,
       "more than 8 dimensions"},
      {"a dimension above 2^31", R"({"a":)" + entry("U8", "[2147483649]", "[0,1]") + "}", 1,
       "a dimension above 2^31"},
      {"a shape of [2^33, 2^33]",
       R"({"a":)" + entry("U8", "[8589934592,8589934592]", "[0,1]") + "}", 1,
       "a dimension above 2^31"},
      {"a product that wraps to 0",
       R"({"a":)" + entry("F32", "[2147483648,2147483648,2]", "[0,0]") + "}", 0,
       "the shape overflows"},
      {"an array in a shape", R"({"a":)" + entry("F32", "[[1]]", "[0,4]") + "}", 4,
       "nested deeper than 4"},
      {"fewer bytes than the shape", R"({"a":)" + entry("F32", "[2]", "[0,4]") + "}", 4,
       "do not match data_offsets"},
      {"more bytes than the shape", R"({"a":)" + entry("F32", "[1]", "[0,8]") + "}", 8,
       "do not match data_offsets"},
      {"offsets in reverse", R"({"a":)" + entry("F32", "[1]", "[4,0]") + "}", 4, "leave a hole"},
      {"a hole before the first", R"({"a":)" + entry("U8", "[3]", "[1,4]") + "}", 4,
       "leave a hole or overlap"},
      {"a hole of one byte", R"({"a":)" + four + R"(,"b":)" + entry("U8", "[3]", "[5,8]") + "}", 8,
       "leave a hole or overlap"},
      {"an overlap of one byte", R"({"a":)" + four + R"(,"b":)" + entry("U8", "[5]", "[3,8]") + "}",
       8, "leave a hole or overlap"},
      {"the same bytes twice", R"({"a":)" + four + R"(,"b":)" + four + "}", 4,
       "leave a hole or overlap"},
      {"offsets past the file", R"({"a":)" + entry("F32", "[4]", "[0,16]") + "}", 4,
       "a truncated download?"},
  };
  for (const Broken& broken : all) {
    const std::string why = why_refused(broken.json, broken.data);
    EXPECT_NE(why.find(broken.says), std::string::npos) << broken.name << ": " << why;
  }
}

TEST(Safetensors, AHeaderNestedAHundredThousandDeepIsRefusedAtTheFourthLevel) {
  const std::string deep(100'000, '[');
  EXPECT_NE(why_refused(R"({"a":{"shape":)" + deep, 0).find("nested deeper than 4"),
            std::string::npos);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"shape":)";
  EXPECT_NE(why_refused(objects, 0).find("an object inside"), std::string::npos);
}

constexpr Dtype kDtypes[] = {Dtype::kBool, Dtype::kU8,   Dtype::kI8,  Dtype::kI16, Dtype::kU16,
                             Dtype::kF16,  Dtype::kBf16, Dtype::kI32, Dtype::kU32, Dtype::kF32,
                             Dtype::kI64,  Dtype::kU64,  Dtype::kF64};

std::vector<NewTensor> any_tensors() {
  const auto names = *rc::gen::container<std::set<std::string>>(
      rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange<char>(32, 127))));
  std::vector<NewTensor> tensors;
  for (const std::string& name : names) {
    NewTensor tensor{name, kDtypes[*rc::gen::inRange<std::size_t>(0, std::size(kDtypes))], {}};
    const int rank = *rc::gen::inRange(0, 5);
    for (int i = 0; i < rank; ++i) tensor.shape.push_back(*rc::gen::inRange<std::int64_t>(0, 7));
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

std::uint64_t bytes_of(const NewTensor& tensor) {
  std::uint64_t bytes = dtype_size(tensor.dtype);
  for (const std::int64_t d : tensor.shape) bytes *= static_cast<std::uint64_t>(d);
  return bytes;
}

RC_GTEST_PROP(Safetensors, WhatIsWrittenIsReadBackAlignedAndInOrder, ()) {
  const std::vector<NewTensor> tensors = any_tensors();
  const std::map<std::string, std::string> metadata = {{"round", "3"}, {"quote", "\"\\\n"}};
  const NewHeader made = make_safetensors_header(tensors, metadata);
  std::uint64_t size = made.bytes.size();
  for (const NewTensor& tensor : tensors) size += bytes_of(tensor);

  const SafetensorsHeader header =
      parse_safetensors_header(std::as_bytes(std::span(made.bytes)), size);
  RC_ASSERT(made.bytes.size() % 8 == 0u);
  RC_ASSERT((std::map<std::string, std::string>(header.metadata.begin(), header.metadata.end()) ==
             metadata));
  RC_ASSERT(header.tensors.size() == tensors.size());
  for (const NewTensor& tensor : tensors) {
    const TensorInfo& info = header.tensors.at(tensor.name);
    RC_ASSERT(info.dtype == tensor.dtype);
    RC_ASSERT(info.shape == tensor.shape);
    RC_ASSERT(info.end - info.begin == bytes_of(tensor));
    RC_ASSERT(info.begin % dtype_size(info.dtype) == 0u);
  }
  std::uint64_t expected = made.bytes.size();
  for (const std::string& name : made.order) {
    RC_ASSERT(header.tensors.at(name).begin == expected);
    expected = header.tensors.at(name).end;
  }
}

RC_GTEST_PROP(Safetensors, AChangedByteGivesAHeaderOrADataErrorAndNothingElse, ()) {
  std::string file = file_of(R"({"__metadata__":{"a":"b"},"x":)" + entry("F32", "[2,2]", "[0,16]") +
                                 R"(,"y":)" + entry("I8", "[3]", "[16,19]") + "}",
                             19);
  const int changes = *rc::gen::inRange(1, 4);
  for (int i = 0; i < changes; ++i) {
    file[*rc::gen::inRange<std::size_t>(0, file.size())] = *rc::gen::arbitrary<char>();
  }
  try {
    for (const auto& [name, info] : parse(file).tensors) RC_ASSERT(info.end <= file.size());
  } catch (const DataError&) {
  }
}

TEST(Safetensors, ThePublishedCheckpointHasItsKnownLayout) {
  const fs::path path =
      fs::path(CLEAVE_SOURCE_DIR).parent_path() / "shared/data/stories260k/stories260K.safetensors";
  if (!fs::exists(path)) GTEST_SKIP() << "needs a checkout of the fixtures beside the repository";
  const MappedFile file(path);
  const SafetensorsHeader header = parse_safetensors_header(file.bytes(), file.bytes().size());
  EXPECT_EQ(header.tensors.size(), 47u);
  EXPECT_FALSE(header.metadata.empty());
  const TensorInfo& first = header.tensors.at("tok_embeddings.weight");
  EXPECT_EQ(first.shape, (std::vector<std::int64_t>{512, 64}));
  EXPECT_EQ(first.begin, 8u + 4656u);
  EXPECT_EQ(header.tensors.at("norm.weight").end, 1'044'792u);
  std::uint64_t numbers = 0;
  for (const auto& [name, info] : header.tensors) numbers += (info.end - info.begin) / 4;
  EXPECT_EQ(numbers, 260'032u);
}

}  // namespace
}  // namespace cleave
