"""Runs jobs with the `cleave` program so that a second call continues where the first one stopped.

A run directory that is done is read, one that is not is resumed, and jobs that do not depend on each
other run side by side, one compute thread each.
"""

import concurrent.futures
import json
import pathlib
import subprocess
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def add_arguments(parser, results):
    """The options that every experiment has."""
    parser.add_argument("--quick", action="store_true", help="a small form, one seed, a few minutes")
    parser.add_argument("--build", type=pathlib.Path, default=REPOSITORY / "build" / "release",
                        help="the folder with the programs (default build/release)")
    parser.add_argument("--runs", type=pathlib.Path, default=REPOSITORY / "runs",
                        help="where run directories go; what is there is continued")
    parser.add_argument("--parallel", type=int, default=2, help="jobs at a time (default 2)")
    parser.add_argument("--result", type=pathlib.Path, default=REPOSITORY / "experiments" / results,
                        help="the result file")


def require(path, cure):
    if not pathlib.Path(path).exists():
        sys.exit(f"{path} is missing: {cure}")


def assignments(settings):
    return [f"{key}={value}" for key, value in settings.items()]


def run(build, job, settings, out):
    """Runs JOB with SETTINGS (a dict) into OUT, or continues it, and returns its summary."""
    summary = out / "summary.json"
    if summary.exists():
        done = json.loads(summary.read_text())
        if done["status"] == "done":
            return done
    command = [build / "cleave", "simulate", job, "--out", out, "--log-level", "error"]
    for setting in assignments({"run.threads": 1, **settings}):
        command += ["--set", setting]
    if (out / "job.toml").exists():
        command.append("--resume")
    finished = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if finished.returncode != 0:
        sys.exit(f"{out.name}: cleave simulate ended with {finished.returncode}:\n{finished.stderr}")
    print(f"{out.name}: {last_five(out):.2f} %", file=sys.stderr, flush=True)
    return json.loads(summary.read_text())


def control(build, job, settings, out):
    """Centralised training with equal passes; returns what it wrote into the file OUT."""
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([build / "experiments" / "controls", job, out,
                        *assignments({"run.threads": 1, "run.control": "both", **settings})], check=True)
    return json.loads(out.read_text())


def run_all(build, job, wanted, parallel, how=run):
    """`wanted` maps places to settings; returns what HOW returns for each place."""
    with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
        futures = {out: pool.submit(how, build, job, settings, out) for out, settings in wanted.items()}
        return {out: future.result() for out, future in futures.items()}


def dev_accuracies(out):
    """Dev accuracy in percent after each evaluated round."""
    lines = [json.loads(line) for line in (out / "rounds.jsonl").read_text().splitlines()]
    return [100 * line["dev_accuracy"] for line in lines if "dev_accuracy" in line]


def last_five(out):
    """The mean dev accuracy of the last five evaluated rounds, in percent."""
    values = dev_accuracies(out)[-5:]
    return sum(values) / len(values)


def worst_skew(out):
    """The largest total variation between a participant's labels and those it kept, over the run."""
    worst = 0.0
    for line in (out / "rounds.jsonl").read_text().splitlines():
        for p in json.loads(line)["participants"]:
            shares = [abs(a / p["n"] - b / p["kept"]) for a, b in zip(p["labels"], p["kept_labels"])]
            worst = max(worst, sum(shares) / 2)
    return round(worst, 3)
