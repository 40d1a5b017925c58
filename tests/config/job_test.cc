// Jobs: precedence, what is shared with clients, and what no single key can refuse.
#include "common/config/job.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "common/config/toml_reader.h"
#include "tests/support/refusal.h"

namespace cleave {
namespace {

using testing::refusal;

LoadedJob parse(const std::string& toml, const std::vector<std::string>& settings = {}) {
  return parse_job(toml, "job.toml", "/base", settings);
}

std::string job_refusal(const std::string& toml, const std::vector<std::string>& settings = {}) {
  return refusal([&] { parse(toml, settings); });
}

const std::string kPreset = "preset = \"sfprompt-reconstructed\"\n";

TEST(Job, AnEmptyFileIsTheDefaultJob) {
  EXPECT_EQ(job_toml(parse("").job), job_toml(Job{}));
  EXPECT_EQ(parse("").notes, "");
}

TEST(Job, DefaultsAreWhatTheReferenceRunsFoundToWork) {
  const Job job;
  EXPECT_EQ(job.phases.bypass_epochs, 0);
  EXPECT_EQ(job.phases.selection, "class");
  EXPECT_EQ(job.phases.prune_from_round, 2);
  EXPECT_EQ(job.federation.min_size, 16);
}

TEST(Job, AbsurdNumbersAreRefusedByName) {
  for (const char* setting : {"federation.rounds=1000000000",
                              "federation.clients=1000000000000",
                              "federation.per_round=1000000000",
                              "federation.min_clients=1000000000",
                              "tuning.rank=1000000",
                              "tuning.tokens=1000000000",
                              "tuning.hidden=1000000",
                              "tuning.spaces=1000000",
                              "tuning.alpha=1e300",
                              "cut.head=1000000",
                              "cut.tail=1000000",
                              "data.max_length=1000000000",
                              "data.shots=1000000000000",
                              "optimizer.batch=1000000000",
                              "eval.batch=1000000000",
                              "phases.split_epochs=1000000000",
                              "phases.bypass_epochs=1000000000",
                              "optimizer.warmup=1000000000000",
                              "optimizer.clip=1e300",
                              "optimizer.eps=1e300",
                              "federation.alpha=1e300",
                              "federation.server_tau=1e300",
                              "server.start_with=1000000000",
                              "server.max_in_flight=1000000000",
                              "deadlines.round=1e300"}) {
    const std::string text = setting;
    const std::string why = job_refusal("", {text});
    EXPECT_NE(why.find(text.substr(0, text.find('='))), std::string::npos) << text << why;
    EXPECT_NE(why.find("expected"), std::string::npos) << text << why;
  }
}

TEST(Job, ASettingGoesBeforeTheFileThePresetAndTheDefault) {
  EXPECT_EQ(parse("").job.phases.keep, 1.0);
  EXPECT_EQ(parse(kPreset).job.phases.keep, 0.5);
  const std::string file = kPreset + "[phases]\nkeep = 0.25\n";
  EXPECT_EQ(parse(file).job.phases.keep, 0.25);
  EXPECT_EQ(parse(file, {"phases.keep=0.125"}).job.phases.keep, 0.125);
  EXPECT_EQ(parse(file, {"phases.keep=0.125", "phases.keep=0.75"}).job.phases.keep, 0.75);
  EXPECT_EQ(parse(file).job.phases.bypass_epochs, 10) << "the preset's other keys stay";
}

TEST(Job, APresetMayBeNamedByASettingInAnySpelling) {
  for (const char* name : {"preset=sfprompt-reconstructed", "preset=\"sfprompt-reconstructed\""}) {
    const LoadedJob loaded = parse("", {name});
    EXPECT_EQ(loaded.job.phases.bypass_epochs, 10) << name;
    EXPECT_NE(loaded.notes, "") << name;
  }
  EXPECT_EQ(parse(kPreset, {"preset="}).job.phases.bypass_epochs, 0);
}

TEST(Job, AnUnknownPresetIsRefusedWhereItIsNamed) {
  const std::string why = job_refusal("\npreset = \"sfprompt\"\n");
  EXPECT_EQ(why.rfind("job.toml:2: preset: ", 0), 0u) << why;
  EXPECT_NE(why.find("sfprompt-reconstructed"), std::string::npos) << why;
  EXPECT_EQ(job_refusal("", {"preset=x"}).rfind("--set preset=x: preset: ", 0), 0u);
}

TEST(Job, APartitionsFileIsRelativeToTheJobFileAsOtherPathsAre) {
  EXPECT_EQ(parse("[federation]\npartition = \"file:p.json\"\n").job.federation.partition,
            "file:/base/p.json");
  EXPECT_EQ(parse("[federation]\npartition = \"column:user\"\n").job.federation.partition,
            "column:user");
}

TEST(Job, TheKeysThatWereSetAreKnown) {
  EXPECT_EQ(parse("seed = 3\n[cut]\nhead = 2\n", {"optimizer.lr_tail=0.1"}).set,
            (std::vector<std::string>{"cut.head", "seed", "optimizer.lr_tail"}));
}

TEST(Job, KeysThatContradictEachOtherAreRefused) {
  EXPECT_NE(job_refusal("[federation]\nmin_clients = 6\n").find("min_clients = 6"),
            std::string::npos);
  EXPECT_NE(job_refusal("[deadlines]\nconnect = 50\n").find("connect <= silence <= round"),
            std::string::npos);
  EXPECT_NE(job_refusal("[phases]\nkeep = 0\n").find("keeps nothing"), std::string::npos);
  EXPECT_NE(job_refusal("[optimizer]\nmomentum = 0.9\n").find("adam has none"), std::string::npos);
}

TEST(Job, AggregationsThatCannotWorkAreRefusedWithTheReason) {
  const std::string section = "[federation]\naggregation = ";
  const std::string svd = section + "\"product_svd\"\n";
  EXPECT_EQ(job_refusal(svd), "");
  for (const char* optimizer : {"fedavgm", "fedadam"}) {
    const std::string set = std::string("federation.server_optimizer=") + optimizer;
    EXPECT_NE(job_refusal(svd, {set}).find("is no direction"), std::string::npos) << optimizer;
    for (const char* rule : {"\"stacking\"\n", "\"residual\"\n"}) {
      EXPECT_EQ(job_refusal(section + rule), "");
      EXPECT_NE(job_refusal(section + rule, {set}).find("into the base"), std::string::npos);
    }
    EXPECT_EQ(job_refusal(section + "\"factor_mean\"\n", {set}), "") << optimizer;
  }
}

TEST(Job, RanksThatCannotBeMergedAreRefused) {
  const std::string job = "[federation]\naggregation = \"product_svd\"\nranks = ";
  EXPECT_EQ(job_refusal(job + "[\"2\", \"8\"]\n"), "");
  EXPECT_NE(job_refusal(job + "[\"9\"]\n").find("not from 1 to tuning.rank = 8"),
            std::string::npos);
  EXPECT_NE(job_refusal(job + "[\"two\"]\n").find("is no number"), std::string::npos);
  EXPECT_NE(job_refusal("[federation]\nranks = [\"2\"]\n").find("have no mean"), std::string::npos);
}

// The bypass then mixes no rows: every image gives the same logits.
TEST(Job, TheDegenerateBypassIsRefusedWithItsCure) {
  const std::string cut = "[cut]\nhead = 0\ntail = 0\npool = \"cls\"\n";
  EXPECT_EQ(job_refusal(cut), "") << "without scores or bypass epochs there is no bypass";
  EXPECT_EQ(job_refusal(cut + "[phases]\nkeep = 0.5\nscore = \"random\"\n"), "");
  for (const char* phases :
       {"bypass_epochs = 1", "keep = 0.5", "keep = 0.5\nscore = \"el2n_low\""}) {
    const std::string why = job_refusal(cut + "[phases]\n" + phases + "\n");
    EXPECT_NE(why.find("same logits"), std::string::npos) << phases;
    EXPECT_NE(why.find("cut.pool = \"mean\""), std::string::npos) << phases;
  }
  for (const char* other : {"cut.head=1", "cut.tail=1", "cut.pool=mean"}) {
    EXPECT_EQ(job_refusal(cut + "[phases]\nbypass_epochs = 1\n", {other}), "") << other;
  }
}

// Counts are 32 bits wide where partitions are drawn and rounds are counted.
TEST(Job, CountsThatWouldWrapAreRefused) {
  for (const char* key : {"clients", "classes_per_client", "min_size", "rounds"}) {
    const std::string why = job_refusal(std::string("[federation]\n") + key + " = 4294967306\n");
    EXPECT_NE(why.find("job.toml:2: federation." + std::string(key)), std::string::npos) << why;
  }
}

TEST(Job, WhatClientsGetHoldsNoPathsNoServerKeysAndNoRunKeys) {
  Job job = parse(
                "name = \"secret-name\"\n[model]\npath = \"secret-m\"\n[data]\n"
                "train = \"secret-t\"\ndev = \"secret-d\"\ntest = \"secret-x\"\n[server]\n"
                "listen = \"secret-l\"\ncert = \"secret-c\"\nkey = \"secret-k\"\n"
                "ca = \"secret-a\"\nroster = [\"secret-r\"]\nbody = \"secret-b\"\n[run]\n"
                "threads = 3\n")
                .job;
  const std::string shared = shared_job_toml(job);
  for (const char* absent : {"secret", "[server]", "[run]", "path =", "train =", "/base"}) {
    EXPECT_EQ(shared.find(absent), std::string::npos) << absent << " in\n" << shared;
  }
  EXPECT_NE(shared.find("lr_prompt = 0.05"), std::string::npos);
  EXPECT_NE(shared.find("labels = []"), std::string::npos);
  EXPECT_NE(job_toml(job).find("secret-k"), std::string::npos);
}

TEST(Job, WhereFilesLieDoesNotChangeTheHashAndWhatDecidesNumbersDoes) {
  const auto hash = [](const Job& job) { return job_hash(shared_job_toml(job)); };
  Job job;
  const Digest plain = hash(job);
  job.model.path = "/elsewhere";
  job.run.threads = 7;
  job.server.listen = "0.0.0.0:1";
  EXPECT_EQ(hash(job), plain);
  job.optimizer.lr_tail = 0.006;
  EXPECT_NE(hash(job), plain);
}

TEST(Job, SeedsAreTheOneSeedUnlessSetApart) {
  const Job job = parse("seed = 5\n[seeds]\nsampling = 9\ninit = 0\n").job;
  EXPECT_EQ(seed_of(job, Seed::kPartition), 5u);
  EXPECT_EQ(seed_of(job, Seed::kSampling), 9u);
  EXPECT_EQ(seed_of(job, Seed::kInit), 0u);
  EXPECT_EQ(seed_of(job, Seed::kBatches), 5u);
}

TEST(Job, AServersJobWithUnknownKeysIsRefused) {
  EXPECT_NE(refusal([] { parse_shared_job("[phases]\nkeeep = 1\n"); }).find("the server's job:2"),
            std::string::npos);
  EXPECT_THROW(parse_shared_job("\xff"), DataError);
}

// Gives a key any value that its rule allows.
struct AnyValue {
  const Rule& rule;
  void operator()(bool* value) const { *value = *rc::gen::arbitrary<bool>(); }
  void operator()(std::int64_t* value) const {
    const auto low = static_cast<std::int64_t>(std::max(rule.min, -1e15));
    const auto high = static_cast<std::int64_t>(std::min(rule.max, 1e15));
    *value = *rc::gen::inRange(low, high);
  }
  void operator()(double* value) const {
    const double high = std::min(rule.max, 1e9), low = std::max(rule.min, -1e9);
    *value = high - (high - low) * (*rc::gen::inRange(0, 1 << 30)) / double{1 << 30};
  }
  void operator()(std::string* value) const {
    if (!rule.allowed.empty()) {
      *value = *rc::gen::elementOf(rule.allowed);
    } else if (rule.is_path) {
      *value = "/some/path";
    } else {
      *value = text();
    }
  }
  void operator()(std::vector<std::string>* value) const { *value = {text(), text()}; }
  static std::string text() {
    return *rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127)) + "\xc3\xa9";
  }
};

Job any_job() {
  Job job;
  for (const Key& key : bind(job)) std::visit(AnyValue{key.rule}, key.field);
  return job;
}

RC_GTEST_PROP(Job, WhatIsWrittenIsReadBack, ()) {
  const Job job = any_job();
  Job copy;
  apply_toml(job_toml(job), "written", "/", bind(copy));
  RC_ASSERT(job_toml(copy) == job_toml(job));
}

RC_GTEST_PROP(Job, WhatClientsGetIsReadBack, ()) {
  Job job = any_job();
  job.federation.min_clients = std::min(job.federation.min_clients, job.federation.per_round);
  job.federation.aggregation = "mean";
  job.federation.ranks.clear();
  job.phases.keep = 1;
  job.phases.bypass_epochs = 0;
  job.optimizer.momentum = 0;
  job.deadlines = {1, 2, 3};
  const std::string shared = shared_job_toml(job);
  RC_ASSERT(shared_job_toml(parse_shared_job(shared)) == shared);
}

// A parser goes as deep as the text: 100,000 levels end a process, and the text is a peer's.
TEST(Job, ThatNestsDeeplyIsRefusedBeforeItIsParsed) {
  const std::string deep(100000, '['), braces = [] {
    std::string out;
    for (int i = 0; i < 50000; ++i) out += "{a=";
    return out;
  }();
  std::string dotted = "a";
  for (int i = 0; i < 100000; ++i) dotted += ".a";
  std::string headers;
  for (int i = 0; i < 40; ++i)
    headers += "[" + dotted.substr(0, static_cast<std::size_t>(2 * i + 1)) + "]\n";
  for (const std::string& text :
       {"x = " + deep, "x = " + braces, dotted + " = 1", "[" + dotted + "]", "[[" + dotted + "]]",
        "x = {" + dotted + " = 1}", "x = \"\\\"\"\n" + dotted + " = 1", headers,
        "x = '''a'''''\ny = " + deep}) {
    EXPECT_NE(job_refusal(text).find("nests more than 16 deep"), std::string::npos)
        << text.substr(0, 40);
    EXPECT_NE(refusal([&] { parse_shared_job(text); }).find("nests more than 16 deep"),
              std::string::npos);
  }
  EXPECT_NE(job_refusal("", {"tuning.targets=" + deep}).find("nests more than 16 deep"),
            std::string::npos);
}

TEST(Job, WithDotsAndBracketsInsideStringsAndCommentsDoesNotNest) {
  const std::string dots(50, '.'), open(50, '[');
  const std::string text = "# " + dots + open + "\nname = \"" + open + "\\\"" + dots +
                           "\"\n[tuning]\ntext = \"\"\"a\"b\n" + open + dots +
                           "\"\"\"\"\"\ntargets = ['" + open + "', \"" + dots + "\"]\n";
  const Job job = parse(text).job;
  EXPECT_EQ(job.name, open + "\"" + dots);
  EXPECT_EQ(job.tuning.targets.size(), 2u);
}

TEST(SharedJob, MayNotSetWhatIsTheClientsOwn) {
  for (const std::string name : {"model.path = \"/etc\"", "run.threads = 900", "data.train = \"x\"",
                                 "server.key = \"/root/key\"", "name = \"n\""}) {
    const std::string why = refusal([&] { parse_shared_job(name); });
    EXPECT_NE(why.find(name.substr(0, name.find(' '))), std::string::npos) << why;
  }
}

TEST(SharedJob, NamesNoFileOfTheClient) {
  EXPECT_EQ(parse_shared_job("tuning.init = \"state:/home/me/secret\"").tuning.init, "state:given");
}

TEST(SharedJob, IsHeldToTheRulesOfAFile) {
  for (const char* text : {"cut.head = -1", "optimizer.batch = 0", "optimizer.batch = 9000000000",
                           "deadlines.silence = 1e300", "data.max_length = 9000000000000",
                           "phases.split_epochs = 9000000000000", "eval.batch = 4000000000"}) {
    const std::string why = refusal([&] { parse_shared_job(text); });
    EXPECT_EQ(why.rfind("the server's job:1: ", 0), 0u) << text << ": " << why;
  }
}

TEST(SharedJob, OfOneHugeStringIsRefusedInAFewWords) {
  const std::string huge(1 << 19, 'x');
  for (const std::string& text :
       {huge + " = 1", "cut.pool = \"" + huge + "\"", "cut.head = \"" + huge + "\""}) {
    EXPECT_LT(refusal([&] { parse_shared_job(text); }).size(), 1000u);
  }
}

}  // namespace
}  // namespace cleave
