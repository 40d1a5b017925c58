// Rows of TSV, CSV and JSON lines, whole and broken.
#include "common/data/text_table.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>

#include "common/base/files.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace cleave {
namespace {

using testing::refusal;
using testing::TemporaryFolder;
using Rows = std::vector<TextRow>;

Rows read(const std::string& content, TableOptions options) {
  const TemporaryFolder folder;
  std::ofstream(folder / "table", std::ios::binary) << content;
  return read_text_table(folder / "table", options);
}

TableOptions tsv() { return {}; }
TableOptions csv(bool header = false) { return {TableFormat::kCsv, {}, header, {}}; }
TableOptions jsonl() { return {TableFormat::kJsonl, {}, false, {}}; }

std::string why_refused(const std::string& content, const TableOptions& options) {
  return refusal([&] { read(content, options); });
}

// "text|pair|label@line" of every row.
std::vector<std::string> flat(const Rows& rows) {
  std::vector<std::string> out;
  for (const TextRow& row : rows) {
    out.push_back(row.text + '|' + (row.has_pair ? row.text_pair + '|' : "") + row.label + '@' +
                  std::to_string(row.line));
  }
  return out;
}

using Flat = std::vector<std::string>;

TEST(TextTable, ALineIsARowWithOrWithoutAFinalNewlineAndWithEitherLineEnd) {
  const Flat expected = {"good film|1@1", "bad one|0@2"};
  EXPECT_EQ(flat(read("good film\t1\nbad one\t0\n", tsv())), expected);
  EXPECT_EQ(flat(read("good film\t1\nbad one\t0", tsv())), expected);
  EXPECT_EQ(flat(read("good film\t1\r\nbad one\t0\r\n", tsv())), expected);
  EXPECT_EQ(flat(read("good film,1\r\nbad one,0", csv())), expected);
}

TEST(TextTable, EmptyLinesAreLeftOutAndCounted) {
  EXPECT_EQ(flat(read("\na\t1\n\n\nb\t0\n\n", tsv())), (Flat{"a|1@2", "b|0@5"}));
  EXPECT_EQ(flat(read("{\"text\":\"a\",\"label\":1}\n\n \n{\"text\":\"b\",\"label\":0}", jsonl())),
            (Flat{"a|1@1", "b|0@4"}));
}

TEST(TextTable, ThreeColumnsAreAPair) {
  EXPECT_EQ(flat(read("a\tb\t1\n", tsv())), (Flat{"a|b|1@1"}));
  EXPECT_EQ(flat(read("{\"text\":\"a\",\"text_pair\":\"b\",\"label\":\"yes\"}", jsonl())),
            (Flat{"a|b|yes@1"}));
}

TEST(TextTable, ColumnsComeFromTheOptionsElseFromTheHeader) {
  EXPECT_EQ(flat(read("1\tx\ta\n", {TableFormat::kTsv, {"label", "id", "text"}, false, {}})),
            (Flat{"a|1@1"}));
  EXPECT_EQ(flat(read("id,label,text\n7,1,a\n", csv(true))), (Flat{"a|1@2"}));
  EXPECT_EQ(flat(read("A,B\n1,a\n", {TableFormat::kCsv, {"label", "text"}, true, {}})),
            (Flat{"a|1@2"}));
}

TEST(TextTable, AGroupColumnIsKept) {
  TableOptions options = csv(true);
  options.group_column = "speaker";
  const Rows rows = read("text,label,speaker\na,1,Ann\nb,0,Bob\n", options);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].group, "Ann");
  EXPECT_EQ(rows[1].group, "Bob");
  options.format = TableFormat::kJsonl;
  EXPECT_EQ(read(R"({"text":"a","label":0,"speaker":3})", options)[0].group, "3");
}

TEST(TextTable, QuotedFieldsMayHoldCommasQuotesAndLineEnds) {
  EXPECT_EQ(
      flat(read("\"a, b\",1\n\"say \"\"hi\"\"\",0\n\"\",1\n\"two\nlines\",\"0\"\nlast,1\n", csv())),
      (Flat{"a, b|1@1", "say \"hi\"|0@2", "|1@3", "two\nlines|0@4", "last|1@6"}));
  EXPECT_EQ(flat(read("\"\"\"\",1\n", csv())), (Flat{"\"|1@1"}));
  EXPECT_EQ(flat(read("5\" disk,1\n", csv())), (Flat{"5\" disk|1@1"}));
}

TEST(TextTable, BrokenQuotesNameTheLineWhereTheRowBegins) {
  EXPECT_NE(why_refused("a,1\n\"b,0\nc,1\n", csv()).find("table:2: a quoted field never ends"),
            std::string::npos);
  for (const char* row : {"\"a\"b,1\n", "\"a\" ,1\n", "\"a\"\"\"b\",1\n"}) {
    EXPECT_NE(why_refused(std::string("x,0\n") + row, csv()).find("table:2: "), std::string::npos)
        << row;
  }
}

std::string quoted(const std::string& field) {
  std::string out = "\"";
  for (const char c : field) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

RC_GTEST_PROP(TextTable, WhatIsQuotedIsReadBack, ()) {
  const auto field =
      rc::gen::container<std::string>(rc::gen::element('a', ' ', ',', '"', '\n', 't'));
  const auto rows = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(field));
  std::string content;
  for (const std::string& text : rows) content += quoted(text) + ',' + quoted("label") + "\n";
  const Rows read_back = read(content, csv());
  RC_ASSERT(read_back.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) RC_ASSERT(read_back[i].text == rows[i]);
}

TEST(TextTable, AnEmptyFileHoldsNoRows) {
  for (const char* content : {"", "\n", "\r\n\r\n"}) {
    for (const TableOptions& options : {tsv(), csv(), csv(true), jsonl()}) {
      EXPECT_NE(why_refused(content, options).find("holds no rows"), std::string::npos);
    }
  }
  EXPECT_NE(why_refused("text,label\n", csv(true)).find("holds no rows"), std::string::npos);
}

TEST(TextTable, AMissingColumnIsNamedWithTheOnesThatAreThere) {
  const std::string why = why_refused("sentence,label\na,1\n", csv(true));
  EXPECT_NE(why.find("table:1: no column \"text\""), std::string::npos) << why;
  EXPECT_NE(why.find("sentence or label"), std::string::npos) << why;
  EXPECT_NE(why_refused("{\"text\":\"a\",\"label\":1}\n{\"text\":\"a\",\"lable\":1}", jsonl())
                .find("table:2: no column \"label\" (did you mean lable?)"),
            std::string::npos);
  TableOptions grouped = tsv();
  grouped.group_column = "speaker";
  EXPECT_NE(why_refused("a\t1\n", grouped).find("no column \"speaker\""), std::string::npos);
}

TEST(TextTable, ARowOfAnotherWidthIsNamed) {
  EXPECT_NE(why_refused("a\t1\nb\n", tsv()).find("table:2: 1 columns where 2 are expected"),
            std::string::npos);
  EXPECT_NE(why_refused("a\t1\nb\t0\tx\n", tsv()).find("table:2: 3 columns where 2"),
            std::string::npos);
  EXPECT_NE(why_refused("a\n", tsv()).find("data.columns"), std::string::npos);
  EXPECT_NE(why_refused("a\tb\tc\td\n", tsv()).find("data.columns"), std::string::npos);
}

TEST(TextTable, AByteOrderMarkIsNoPartOfTheFirstColumn) {
  EXPECT_EQ(flat(read("\xef\xbb\xbftext,label\na,1\n", csv(true))), (Flat{"a|1@2"}));
  EXPECT_EQ(flat(read("\xef\xbb\xbf\"a,b\",1\n", csv())), (Flat{"a,b|1@1"}));
  EXPECT_EQ(flat(read("\xef\xbb\xbf{\"text\":\"a\",\"label\":1}", jsonl())), (Flat{"a|1@1"}));
}

TEST(TextTable, JsonValuesAreStringsIntegersOrTruth) {
  EXPECT_EQ(flat(read(R"({"text":"a","label":true,"more":[1,{}]})", jsonl())), (Flat{"a|true@1"}));
  for (const char* label : {"1.5", "null", "[1]", "{}"}) {
    const std::string why =
        why_refused(std::string("{\"text\":\"a\",\"label\":") + label + "}", jsonl());
    EXPECT_NE(why.find("table:1, key \"label\": expected a string or an integer"),
              std::string::npos)
        << why;
  }
}

TEST(TextTable, ALineThatIsNoJsonObjectIsNamed) {
  const std::string good = "{\"text\":\"a\",\"label\":1}\n";
  EXPECT_NE(why_refused(good + "{\"text\":", jsonl()).find("table:2: not valid JSON"),
            std::string::npos);
  EXPECT_NE(why_refused(good + "[1]", jsonl()).find("table:2: expected a JSON object"),
            std::string::npos);
  EXPECT_NE(why_refused("{\"text\":\"\xff\",\"label\":1}", jsonl()).find("table:1: the byte 0xff"),
            std::string::npos);
  EXPECT_NE(why_refused(std::string(100'000, '['), jsonl()).find("table:1: not valid JSON"),
            std::string::npos);
}

TEST(TextTable, AnotherEncodingIsNamedWithItsCure) {
  for (const TableOptions& options : {tsv(), csv(), jsonl()}) {
    const std::string latin = why_refused("a\t1\ncaf\xe9\t0\n", options);
    EXPECT_NE(latin.find("table:2: the byte 0xe9 is not UTF-8"), std::string::npos) << latin;
    EXPECT_NE(latin.find("iconv -f LATIN1 -t UTF-8"), std::string::npos) << latin;
    const std::string little = why_refused(std::string("\xff\xfe"
                                                       "a\0\t\0",
                                                       6),
                                           options);
    EXPECT_NE(little.find("iconv -f UTF-16"), std::string::npos) << little;
    EXPECT_NE(why_refused(std::string("\xfe\xff\0a", 4), options).find("UTF-16"),
              std::string::npos);
    EXPECT_NE(why_refused(std::string("a\t1\nb\0\t0\n", 9), options).find("table:2: a NUL byte"),
              std::string::npos);
  }
  EXPECT_EQ(flat(read("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\t1\n", tsv())),
            (Flat{"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80|1@1"}));
  for (const char* wrong : {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80",
                            "\xe2\x82", "\xf0\x9f\x98", "\xff"}) {
    EXPECT_NE(why_refused(std::string("12345678 ") + wrong + "\t1\n", tsv()).find("not UTF-8"),
              std::string::npos);
  }
}

TEST(TextTable, AColumnOrKeyTwiceIsRefused) {
  EXPECT_NE(why_refused("text,label,text\na,1,b\n", csv(true)).find("the column \"text\" twice"),
            std::string::npos);
  EXPECT_NE(why_refused("a\t1\tb\n", {TableFormat::kTsv, {"text", "label", "text"}, false, {}})
                .find("the column \"text\" twice"),
            std::string::npos);
  EXPECT_NE(why_refused(R"({"text":"a","label":1,"label":0})", jsonl())
                .find("table:1: the key \"label\" twice"),
            std::string::npos);
  EXPECT_EQ(flat(read(R"({"text":"a","label":1,"more":{"x":1,"text":2}})", jsonl())),
            (Flat{"a|1@1"}));
}

TEST(TextTable, AFirstRowOfColumnNamesIsRefusedWithoutHeader) {
  for (const char* row : {"text\tlabel\n", "sentence\tlabel\n", "Text\tLabel\n"}) {
    EXPECT_NE(why_refused(std::string(row) + "a\t1\n", tsv()).find("data.header = true"),
              std::string::npos)
        << row;
  }
  EXPECT_NE(why_refused("mine\ttext\tlabel\na\tb\t1\n",
                        {TableFormat::kTsv, {"mine", "text", "label"}, false, {}})
                .find("data.header = true"),
            std::string::npos);
  EXPECT_EQ(flat(read("text\t1\n", tsv())), (Flat{"text|1@1"})) << "one word may be a sample";
}

TEST(TextTable, ALineOrTextWithoutEndIsRefusedAtOnce) {
  const std::string megabytes(8'000'000, 'a');
  const TemporaryFolder folder;
  write_atomically(folder / "texts", megabytes);
  EXPECT_NE(refusal([&] { read_plain_texts(folder / "texts"); }).find("one sample a line"),
            std::string::npos);
  EXPECT_NE(why_refused(megabytes, tsv()).find("one sample a line"), std::string::npos);
  EXPECT_NE(why_refused("\"" + megabytes, csv()).find("one sample a line"), std::string::npos);
  EXPECT_NE(why_refused(std::string(8'000'000, '['), jsonl()).find("one sample a line"),
            std::string::npos);
  EXPECT_NE(why_refused(std::string(2'000'000, 'a') + "\t1\n", tsv()).find("split the text"),
            std::string::npos);
  EXPECT_NE(why_refused(std::string(2'000'000, '\t'), tsv()).find("more than 1024 columns"),
            std::string::npos);
  std::string lines = "\"";
  for (int i = 0; i < 300'000; ++i) lines += "a line\n";
  EXPECT_NE(why_refused(lines, csv()).find("is its last quote missing?"), std::string::npos);
}

TEST(TextTable, PlainTextsAreLinesOrTabbedPairs) {
  const TemporaryFolder folder;
  write_atomically(folder / "texts", "one\n\ntwo\tpair\r\n");
  EXPECT_EQ(flat(read_plain_texts(folder / "texts")), (Flat{"one|@1", "|@2", "two|pair|@3"}));
  write_atomically(folder / "empty", "");
  EXPECT_THROW(read_plain_texts(folder / "empty"), DataError);
  EXPECT_THROW(read_plain_texts(folder / "missing"), IoError);
}

RC_GTEST_PROP(TextTable, AnyBytesGiveRowsOrADataError, (std::string content)) {
  for (const TableOptions& options : {tsv(), csv(), csv(true), jsonl()}) {
    try {
      RC_ASSERT(!read(content, options).empty());
    } catch (const DataError&) {
    }
  }
}

}  // namespace
}  // namespace cleave
