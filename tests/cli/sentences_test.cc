#include "cli/quickstart/sentences.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "common/base/files.h"

namespace cleave {
namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

TEST(Sentences, AreAFunctionOfSeedAndPurpose) {
  const auto texts = [](std::uint64_t seed, std::string_view purpose) {
    std::vector<std::string> out;
    for (const Sentence& s : make_sentences(50, seed, purpose)) out.push_back(s.text);
    return out;
  };
  EXPECT_EQ(texts(1, "a"), texts(1, "a"));
  EXPECT_NE(texts(1, "a"), texts(2, "a"));
  EXPECT_NE(texts(1, "a"), texts(1, "b"));
}

TEST(Sentences, AreHalfOfEachLabelInNoOrder) {
  const auto sentences = make_sentences(2000, 1, "balance");
  std::size_t alike = 0, changes = 0;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    alike += sentences[i].alike;
    changes += i > 0 && sentences[i].alike != sentences[i - 1].alike;
  }
  EXPECT_EQ(alike, 1000u);
  EXPECT_GT(changes, 800u);
  EXPECT_LT(changes, 1200u);
}

TEST(Sentences, NoCountOfAWordTellsTheLabel) {
  std::map<std::string, std::pair<double, double>> times;  // in all sentences, in alike ones
  for (const Sentence& sentence : make_sentences(20'000, 1, "words")) {
    for (const std::string& word : words_of(sentence.text)) {
      times[word].first += 1;
      times[word].second += sentence.alike;
    }
  }
  for (const auto& [word, count] : times) {
    EXPECT_NEAR(count.second / count.first, 0.5, 0.05) << word;
  }
}

TEST(Sentences, OfTrainAndDevAreDifferentOnes) {
  std::set<std::string> train;
  for (const Sentence& s : make_sentences(1200, 1, "train")) train.insert(s.text);
  for (const Sentence& s : make_sentences(2000, 1, "dev")) EXPECT_FALSE(train.contains(s.text));
}

TEST(Sentences, HaveOnlyWordsThatTheBackboneKnows) {
  const std::string vocabulary =
      read_file(fs::path(CLEAVE_SOURCE_DIR) / "assets/quickstart/vocab.txt", 1 << 20);
  const auto list = words_of(vocabulary);
  const std::set<std::string> known(list.begin(), list.end());
  for (const Sentence& sentence : make_sentences(1000, 1, "vocabulary")) {
    for (const std::string& word : words_of(sentence.text))
      EXPECT_TRUE(known.contains(word)) << word;
  }
}

}  // namespace
}  // namespace cleave
