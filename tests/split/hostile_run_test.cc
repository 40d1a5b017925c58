// A whole job with one peer that lies in one field of one message: the others finish it, the record
// names the liar and why, and what the run leaves behind is whole.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "common/base/error.h"
#include "server/coordinator/run_job.h"
#include "tests/support/session.h"
#include "tests/support/temporary_folder.h"

namespace cleave::testing {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// What is spoilt and what the liar is told; "" where it does no harm.
struct Lie {
  std::string name;
  Spoil sent;
  std::string answer;
  bool on_body = false;  // of the body link, else of the coordinator's
  bool joins = true;     // whether it gets so far as to be admitted
};

Job hostile_job() {
  Job job = tiny_job(1, 0);
  job.federation.clients = job.federation.per_round = 3;
  job.federation.rounds = 2;
  job.eval.where = "clients";
  job.phases.keep = 0.5;
  return job;
}

class HostileJob {
 public:
  HostileJob(const fs::path& path, const Job& job)
      : server_(job), folder_(RunFolder::create(path, job)), train_(tiny_texts(6, "hostile")) {
    // Both labels, in every client's data.
    for (std::size_t i = 0; i < train_.size(); ++i) train_.examples[i].label = i % 2 == 0;
  }

  // What each session ended with, by client; "" where it was dismissed in good order.
  std::map<std::string, std::string> ended;
  Json summary;
  std::string failure;

  void play(const Lie& lie) {
    const auto honest = [](Frame&) {};
    start("zeta", lie.on_body ? honest : lie.sent, lie.on_body ? lie.sent : honest);
    start("alpha", honest, honest);
    start("beta", honest, honest);
    JobRun run{server_.inputs.job,
               server_.members,
               server_.federation,
               folder_,
               server_.inputs.parts.whole_initial(),
               job_shape(server_.inputs.parts, server_.inputs.job)};
    asio::co_spawn(server_.io, run_job(run, lie.joins ? 3 : 2),
                   [&](std::exception_ptr bug, std::exception_ptr result) {
                     failure = text_of(bug ? bug : result);
                   });
    server_.io.run_for(std::chrono::seconds(120));
    ASSERT_TRUE(server_.io.stopped()) << "somebody still waits";
    summary = finish_job(run, "done");
  }

 private:
  void start(const std::string& id, Spoil coordinator, Spoil body) {
    ended[id] = "has not ended";
    sessions_.push_back(
        std::make_unique<Session>(server_, id, train_, std::move(coordinator), std::move(body)));
    sessions_.back()->start([this, id](std::exception_ptr thrown) { ended[id] = text_of(thrown); });
  }

  TestServer server_;
  RunFolder folder_;
  Dataset train_;
  std::vector<std::unique_ptr<Session>> sessions_;
};

bool names(const Json& list, const std::string& client) {
  return std::any_of(list.begin(), list.end(),
                     [&](const Json& entry) { return entry.at("client") == client; });
}

void expect_whole(const fs::path& path, const Job& job, const Json& summary) {
  EXPECT_TRUE(summary.at("bytes").at("equal_to_closed_form").get<bool>()) << summary.dump(1);
  const auto accuracy = summary.at("dev_accuracy").get<double>();
  EXPECT_TRUE(accuracy >= 0 && accuracy <= 1) << accuracy;
  for (const RunFolder& run : {RunFolder::open(path), RunFolder::resume(path, job)}) {
    ASSERT_EQ(run.rounds().size(), 2u);
    for (const Json& line : run.rounds()) {
      EXPECT_TRUE(line.at("loss").is_number()) << line.dump();
      EXPECT_TRUE(names(line.at("participants"), "alpha"));
      EXPECT_TRUE(names(line.at("participants"), "beta"));
    }
    EXPECT_TRUE(all_finite(*run.state()));
  }
}

void expect_harmless(const Lie& lie) {
  SCOPED_TRACE(lie.name);
  const TemporaryFolder folder;
  const fs::path path = folder / "run";
  const Job job = hostile_job();
  Json summary;
  {
    HostileJob run(path, job);
    run.play(lie);
    EXPECT_EQ(run.failure, "");
    EXPECT_EQ(run.ended["alpha"], "");
    EXPECT_EQ(run.ended["beta"], "");
    EXPECT_NE(run.ended["zeta"].find(lie.answer), std::string::npos) << run.ended["zeta"];
    if (lie.answer.empty()) {
      EXPECT_EQ(run.ended["zeta"], "");
    }
    summary = run.summary;
  }
  expect_whole(path, job, summary);
  if (lie.answer.empty() || !lie.joins) return;
  bool lost = false;
  const RunFolder run = RunFolder::open(path);
  for (const Json& line : run.rounds()) lost |= names(line.at("lost"), "zeta");
  EXPECT_TRUE(lost) << "the record names who was lost";
}

void expect_harmless(const std::vector<Lie>& lies) {
  for (const Lie& lie : lies) expect_harmless(lie);
}

Lie at_the_door(std::string name, Spoil sent, std::string answer) {
  return {std::move(name), std::move(sent), std::move(answer), false, false};
}

std::string with_unknown_field(std::string bytes) { return bytes + "\xf8\x07\x01"; }

// An error or bye message with that reason, as its bytes.
std::string reason_bytes(const std::string& before, char tag, const std::string& reason) {
  return before + tag + static_cast<char>(reason.size()) + reason;
}

TEST(HostileRun, WithHonestPeersOnlyIsUndisturbed) {
  expect_harmless({"nothing", [](Frame&) {}, ""});
}

TEST(HostileRun, EveryFieldOfHello) {
  const auto hello = [](auto change) {
    return bytes_of(Kind::kHello, [change](std::string bytes) { return change(std::move(bytes)); });
  };
  const auto with = [](auto spoil) {
    return of_kind(Kind::kHello, [spoil](Frame& frame) {
      Hello own = parse_hello(frame);
      spoil(own);
      set_payload(frame, payload_of(hello_frame(own)));
    });
  };
  expect_harmless({
      at_the_door("role", hello([](std::string b) { return b.replace(2, 6, "admin!"); }),
                  "unknown role"),
      at_the_door("role not UTF-8", hello([](std::string b) { return b.replace(2, 1, "\xff"); }),
                  "does not parse"),
      at_the_door("model hash", with([](Hello& h) { h.model_hash[0] ^= 1; }), "another model"),
      at_the_door("model hash short", hello([](std::string) {
                    return std::string(
                        "\x0a\x06"
                        "client\x1a\x03"
                        "abc");
                  }),
                  "is not 32 bytes"),
      at_the_door("another field", hello(with_unknown_field), "does not know"),
      at_the_door("empty", hello([](std::string) { return ""; }), "unknown role"),
      at_the_door("garbage", hello([](std::string) { return std::string(100, '\xff'); }),
                  "does not parse"),
      {"program not UTF-8", with([](Hello& h) { h.program.assign(h.program.size(), '\xff'); }), ""},
  });
}

TEST(HostileRun, EveryFieldOfReady) {
  const auto lie = [](const char* name, std::function<void(Ready&)> spoil) {
    return at_the_door(name, ready_with(std::move(spoil)), "the ready message of zeta says");
  };
  expect_harmless({
      lie("2^31 - 1 samples", [](Ready& r) { r.samples = r.label_counts[0] = (1u << 31) - 1; }),
      lie("2^64 - 1 samples", [](Ready& r) { r.samples = r.label_counts[0] = kMost; }),
      lie("one sample more", [](Ready& r) { r.samples += 1; }),
      lie("no samples", [](Ready& r) { r.samples = 0; }),
      lie("long counts", [](Ready& r) { r.label_counts.resize(1000, 0); }),
      lie("short counts", [](Ready& r) { r.label_counts = {6}; }),
      lie("no counts", [](Ready& r) { r.label_counts.clear(); }),
      lie("counts that wrap",
          [](Ready& r) {
            r.label_counts = {kMost, 7};
          }),
      lie("dev samples", [](Ready& r) { r.dev_samples = kMost; }),
      at_the_door("another field", bytes_of(Kind::kReady, with_unknown_field), "does not know"),
  });
}

TEST(HostileRun, EveryFieldOfReport) {
  const auto lie = [](const char* name, std::function<void(Report&)> spoil,
                      const char* answer = "the report of zeta") {
    return Lie{name, report_with(std::move(spoil)), answer};
  };
  expect_harmless({
      lie("all.samples", [](Report& r) { r.all.samples = 5000000; }),
      lie("all.rows", [](Report& r) { r.all.rows = kMost; }),
      lie("all.squares", [](Report& r) { r.all.squares = kMost; }),
      lie("kept.samples", [](Report& r) { r.kept.samples = 0; }),
      lie("kept.rows", [](Report& r) { r.kept.rows += 1; }),
      lie("kept.squares", [](Report& r) { r.kept.squares += 2; }),
      lie("loss below 0", [](Report& r) { r.loss_mean = -1; }),
      lie("loss above fp32", [](Report& r) { r.loss_mean = 1e308; }),
      lie("first loss", [](Report& r) { r.loss_first = -1e30; }),
      lie("bypass loss", [](Report& r) { r.bypass_loss = 1; }),
      lie("correct", [](Report& r) { r.correct = kMost; }),
      lie("kept counts long", [](Report& r) { r.kept_counts.resize(3000); }),
      lie("kept counts short", [](Report& r) { r.kept_counts.clear(); }),
      lie("kept counts wrap",
          [](Report& r) {
            r.kept_counts = {kMost, 7};
          }),
      lie("predicted counts long", [](Report& r) { r.predicted_counts.resize(3000); }),
      lie("predicted counts wrap",
          [](Report& r) {
            r.predicted_counts = {kMost, 7};
          }),
      lie("batches none", [](Report& r) { r.batches.clear(); }),
      lie("batches many",
          [](Report& r) {
            r.batches.resize(100000, {1, 5});
          }),
      lie("a batch of other rows", [](Report& r) { r.batches.back().rows += 1; }),
      lie("a kept id beyond", [](Report& r) { r.kept_ids.push_back(~0u); }),
      lie("kept ids many", [](Report& r) { r.kept_ids.resize(100000); }),
      lie(
          "coordinator's bytes",
          [](Report& r) { r.coordinator.received[Kind::kState].payload += 1; },
          "the ledgers differ: state"),
      lie(
          "body's bytes", [](Report& r) { r.body.sent[Kind::kSmashed].payload += 1; },
          "the ledgers differ: smashed"),
      lie(
          "body's frames", [](Report& r) { r.body.received[Kind::kFeatures].frames = kMost; },
          "the ledgers differ: features"),
      lie("work that the body has not seen",
          [](Report& r) {
            r.kept.rows += 1, r.kept.squares += 13, r.batches.back().rows += 1;
            r.all.rows += 1, r.all.squares += 7;
          }),
      {"another field", bytes_of(Kind::kReport, with_unknown_field), "does not know"},
      {"no bytes", bytes_of(Kind::kReport, [](std::string) { return ""; }), "message"},
      {"another round", of_kind(Kind::kReport, [](Frame& f) { f.header.round += 1; }),
       "expected report"},
  });
}

// An honest client whose training diverged says so, too: it stays, its update does not count.
TEST(HostileRun, ALossThatIsNotANumberCostsTheUpdateOnly) {
  for (double Report::*loss : {&Report::loss_first, &Report::loss_mean, &Report::bypass_loss}) {
    for (const float value : {kNan, kInfinity, -kInfinity}) {
      const TemporaryFolder folder;
      Json summary;
      {
        HostileJob run(folder / "run", hostile_job());
        run.play({"loss", report_with([=](Report& r) { r.*loss = value; }), ""});
        EXPECT_EQ(run.failure + run.ended["zeta"], "");
        summary = run.summary;
      }
      const RunFolder run = RunFolder::open(folder / "run");
      for (const Json& line : run.rounds()) {
        ASSERT_EQ(line.at("lost").size(), 1u);
        const std::string why = line.at("lost")[0].at("reason");
        EXPECT_NE(why.find("not finite"), std::string::npos) << why;
      }
      EXPECT_TRUE(all_finite(*run.state()));
    }
  }
}

TEST(HostileRun, EveryFieldOfEvaluation) {
  const auto lie = [](const char* name, std::function<void(EvalReport&)> spoil,
                      const char* answer = "of zeta") {
    return Lie{name, evaluation_with(std::move(spoil)), answer};
  };
  expect_harmless({
      lie("samples", [](EvalReport& r) { r.work.samples = kMost; }),
      lie("rows", [](EvalReport& r) { r.work.rows -= 1; }),
      lie("squares", [](EvalReport& r) { r.work.squares = kMost; }),
      lie("nll below 0", [](EvalReport& r) { r.nll_sum = -5; }),
      lie("nll above fp32", [](EvalReport& r) { r.nll_sum = 1e308; }),
      lie("confusion of accuracy 2.3e17",
          [](EvalReport& r) {
            r.confusion = {kMost / 2 + 1, kMost / 2 + 1, 0, 6};
          }),
      lie("confusion long", [](EvalReport& r) { r.confusion.resize(10000); }),
      lie("confusion short", [](EvalReport& r) { r.confusion = {6}; }),
      lie("confusion one more", [](EvalReport& r) { r.confusion[0] += 1; }),
      lie("batches none", [](EvalReport& r) { r.batches.clear(); }),
      lie("a batch of other rows", [](EvalReport& r) { r.batches[0].rows += 1; }),
      lie(
          "coordinator's bytes",
          [](EvalReport& r) { r.coordinator.received[Kind::kState].payload += 1; },
          "the ledgers differ: state"),
      lie(
          "body's bytes", [](EvalReport& r) { r.body.sent[Kind::kEvalSmashed].frames += 1; },
          "the ledgers differ: eval_smashed"),
      {"another field", bytes_of(Kind::kEvalReport, with_unknown_field), "does not know"},
      {"the test set", of_kind(Kind::kEvalReport, [](Frame& f) { f.header.step = 1; }),
       "expected eval_report"},
  });
}

TEST(HostileRun, AnEvaluationThatIsNotANumberIsNotCounted) {
  const TemporaryFolder folder;
  {
    HostileJob run(folder / "run", hostile_job());
    run.play({"nll", evaluation_with([](EvalReport& r) { r.nll_sum = kNan; }), ""});
    EXPECT_EQ(run.failure + run.ended["zeta"], "");
  }
  const RunFolder run = RunFolder::open(folder / "run");
  for (const Json& line : run.rounds()) {
    EXPECT_TRUE(line.at("dev_nll").is_number());
    EXPECT_TRUE(names(line.at("lost"), "zeta"));
  }
}

TEST(HostileRun, EveryTensor) {
  const auto shorter = [](std::string bytes) { return bytes.substr(4); };
  const auto longer = [](std::string bytes) { return bytes + "abcd"; };
  const auto on_body = [](const char* name, Spoil spoil, const char* answer) {
    return Lie{name, std::move(spoil), answer, true};
  };
  expect_harmless({
      {"update short", bytes_of(Kind::kUpdate, shorter), "where the job calls for"},
      {"update long", bytes_of(Kind::kUpdate, longer), "above its limit"},
      {"update empty", bytes_of(Kind::kUpdate, [](std::string) { return ""; }),
       "where the job calls for"},
      on_body("smashed NaN", number_of(Kind::kSmashed, kNan), "NaN or infinite"),
      on_body("smashed infinite", number_of(Kind::kSmashed, kInfinity), "NaN or infinite"),
      on_body("smashed short", bytes_of(Kind::kSmashed, shorter), "calls for"),
      on_body("smashed of another width",
              of_kind(Kind::kSmashed, [](Frame& f) { f.header.dims[1] += 1; }), "calls for"),
      on_body("gradient NaN", number_of(Kind::kFeaturesGrad, -kNan), "NaN or infinite"),
      on_body("gradient of more rows",
              of_kind(Kind::kFeaturesGrad,
                      [](Frame& f) {
                        f.header.dims[0] += 1;
                        f.payload = Buffer(f.payload.size() + std::size_t{4} * f.header.dims[1]);
                      }),
              "rows where the step has"),
      on_body("evaluation NaN", number_of(Kind::kEvalSmashed, kNan), "NaN or infinite"),
      on_body("tally", bytes_of(Kind::kTally, longer), "tally"),
      on_body("tally of other bytes",
              of_kind(Kind::kTally,
                      [](Frame& f) {
                        Ledger ledger = parse_tally(f);
                        ledger.sent[Kind::kSmashed].payload = kMost;
                        set_payload(f, payload_of(tally_frame(ledger, f.header.round)));
                      }),
              "the ledgers differ"),
      on_body("a step of another round",
              of_kind(Kind::kFeaturesGrad, [](Frame& f) { f.header.round = ~0u; }), "expected"),
  });
}

// The member stays, its update does not count.
TEST(HostileRun, AnUpdateThatIsNotANumberOrHugeIsRefused) {
  for (const float value : {kNan, kInfinity, -kInfinity, 40000.0f, -3e38f}) {
    const TemporaryFolder folder;
    {
      HostileJob run(folder / "run", hostile_job());
      run.play({"update", number_of(Kind::kUpdate, value), ""});
      EXPECT_EQ(run.failure + run.ended["zeta"], "");
    }
    const RunFolder run = RunFolder::open(folder / "run");
    for (const Json& line : run.rounds()) EXPECT_TRUE(names(line.at("lost"), "zeta"));
    EXPECT_TRUE(all_finite(*run.state()));
  }
}

// In place of its report the client sends an error, whose reason ends in the journal.
TEST(HostileRun, EveryFieldOfError) {
  const auto error = [](const std::string& bytes) {
    return of_kind(Kind::kReport, [bytes](Frame& frame) {
      frame.header = FrameHeader{};
      frame.header.kind = Kind::kError;
      set_payload(frame, bytes);
    });
  };
  const std::string exit = "\x08\x45";
  for (const std::string& reason : {std::string("\xff\xfe not UTF-8"), std::string("\xed\xa0\x80"),
                                    std::string("a\0b\n\x1b[2J", 8), std::string(120, '\xf0')}) {
    expect_harmless({"reason", error(reason_bytes(exit, '\x12', reason)), "zeta says"});
  }
  expect_harmless({
      {"no exit code", error(reason_bytes("", '\x12', "x")), "zeta says"},
      {"an exit code of nobody's", error(reason_bytes("\x08\xff\x01", '\x12', "x")), "zeta says"},
      {"garbage", error("\xff\xff\xff"), "does not parse"},
      {"another field", error(with_unknown_field(exit)), "does not know"},
  });
}

TEST(HostileRun, EveryFieldOfBye) {
  const auto bye = [](const std::string& bytes) {
    return of_kind(Kind::kBye, [bytes](Frame& frame) { set_payload(frame, bytes); });
  };
  expect_harmless({
      {"reason", bye(reason_bytes("", '\x0a', "\xff\xff")), ""},
      {"TLS bytes", bye("\x11\xff\xff\xff\xff\xff\xff\xff\xff\x19\xff\xff\xff\xff\xff\xff\xff\xff"),
       ""},
      {"garbage", bye("\xff\xff\xff"), ""},
  });
}

}  // namespace
}  // namespace cleave::testing
