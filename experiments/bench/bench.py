"""What the benchmarks share: their arguments, their result files, and real processes over TLS."""

import argparse
import json
import os
import pathlib
import shlex
import socket
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from common import results  # noqa: E402
from common.jobs import REPOSITORY, require  # noqa: E402

# What is measured is what a user gets: the kernels that the programs choose by themselves.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def parser(description):
    options = argparse.ArgumentParser(description=description.split("\n\n")[0])
    options.add_argument("--build", type=pathlib.Path, default=REPOSITORY / "build" / "release",
                         help="the folder with the programs (default build/release)")
    options.add_argument("--model", type=pathlib.Path, default=REPOSITORY / "models" / "minilm",
                         help="MiniLM's folder (default models/minilm)")
    options.add_argument("--data", type=pathlib.Path,
                         default=REPOSITORY.parent / "shared" / "data" / "sst2" / "train.tsv",
                         help="a TSV of sentence and label (default: SST-2 of ../shared)")
    options.add_argument("--results", type=pathlib.Path,
                         default=REPOSITORY / "experiments" / "results" / "bench",
                         help="the folder for the result file")
    return options


def check(options, *programs):
    for program in programs:
        require(options.build / program, "build it first, or give --build")
    require(options.model, "run scripts/fetch-minilm, or give --model")
    require(options.data, "check the fixtures out beside the repository, or give --data")


def instructions():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        flags = next((line for line in file if line.startswith("flags")), "").split()
    return [name for name in INSTRUCTIONS if name in flags]


def goal(value, at_most, unit):
    return {"value": round(value, 4), "at_most": at_most, "unit": unit, "met": value <= at_most}


def kernels(details):
    """What programs have said of their BLAS, anywhere in DETAILS."""
    if isinstance(details, list):
        return {name for part in details for name in kernels(part)}
    if not isinstance(details, dict):
        return set()
    own = {details["blas"]} if isinstance(details.get("blas"), str) else set()
    return own | kernels(list(details.values()))


def finish(options, name, goals, details):
    """Prints which kernels ran and every goal, and writes the result file."""
    print("kernels:", ", ".join(sorted(kernels(details))) or "not known")
    for what, g in goals.items():
        print(f"{what}: {g['value']:.4g} {g['unit']} (goal: at most {g['at_most']})"
              f"{'' if g['met'] else '  MISSED'}")
    command = shlex.join([str(pathlib.Path(sys.argv[0]).resolve().relative_to(REPOSITORY))])
    results.write(options.results / f"{name}.json", command,
                  {"instructions": instructions(), "processors": os.cpu_count(),
                   "load": round(os.getloadavg()[0], 2), "goals": goals, **details})


def paired_ratio(numerator, denominator):
    """The median of the ratios of measurements that were taken in turns."""
    return statistics.median(a / b for a, b in zip(numerator, denominator))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def toml(value):
    return json.dumps(str(value) if isinstance(value, pathlib.Path) else value)


class Deployment:
    """A server and its clients as processes of their own over mutual TLS on loopback.

    SETTINGS are job keys; every client holds the first SENTENCES of the data and a slice of the
    model. `run` starts all processes at once and waits for their end.
    """

    def __init__(self, options, folder, clients, sentences, settings):
        self.options, self.folder = options, folder
        self.clients = [f"client-{i}" for i in range(clients)]
        self.settings = {"model.path": options.model.resolve(),
                         "data.labels": ["negative", "positive"],
                         "federation.clients": clients, "federation.per_round": clients,
                         "server.roster": self.clients, "server.cert": folder / "pki/server.pem",
                         "server.key": folder / "pki/server.key", "server.ca": folder / "pki/ca.pem",
                         "cut.head": 1, "cut.tail": 0, **settings}
        with open(options.data, encoding="utf-8") as file:
            (folder / "train.tsv").write_text("".join(next(file) for _ in range(sentences)))
        self.cleave("pki", "init", "--dir", folder / "pki")
        self.cleave("pki", "issue", "--dir", folder / "pki", "--name", "server",
                    "--host", "127.0.0.1")
        for name in self.clients:
            self.cleave("pki", "issue", "--dir", folder / "pki", "--name", name)
        self.cleave("slice", options.model, "--head", self.settings["cut.head"],
                    "--tail", self.settings["cut.tail"], "-o", folder / "slice")

    def cleave(self, *arguments):
        subprocess.run([self.options.build / "cleave", *map(str, arguments)], check=True,
                       stdout=subprocess.DEVNULL)

    def write_configs(self, port):
        job = "".join(f"{key} = {toml(value)}\n" for key, value in
                      {**self.settings, "server.listen": f"127.0.0.1:{port}"}.items())
        (self.folder / "job.toml").write_text(job)
        for name in self.clients:
            pki = self.folder / "pki"
            config = {"server": f"127.0.0.1:{port}", "cert": pki / f"{name}.pem",
                      "key": pki / f"{name}.key", "ca": pki / "ca.pem",
                      "model": self.folder / "slice", "data": self.folder / "train.tsv",
                      "threads": 1}
            (self.folder / f"{name}.toml").write_text(
                "".join(f"{key} = {toml(value)}\n" for key, value in config.items()))

    def run(self, out):
        """Returns seconds until the first round's line, peak MB by process, and measured.json."""
        self.write_configs(free_port())
        start = time.monotonic()
        server = subprocess.Popen([self.options.build / "cleave-server", self.folder / "job.toml",
                                   "--out", out, "--log-level", "warn"],
                                  stdout=subprocess.PIPE, text=True)
        clients = [subprocess.Popen([self.options.build / "cleave-client",
                                     self.folder / f"{name}.toml", "--log-level", "warn"])
                   for name in self.clients]
        first_round = None
        for line in server.stdout:  # the table's header, then a line a round
            if first_round is None and line.split()[:1] == ["1"]:
                first_round = time.monotonic() - start
        peaks = {"server": peak_mb(server)}
        peaks.update({name: peak_mb(client) for name, client in zip(self.clients, clients)})
        measured = json.loads((out / "measured.json").read_text())
        self.blas = measured["blas"]
        return first_round, peaks, measured


def peak_mb(process):
    """Waits for a process that must succeed; its peak resident memory as the kernel counted it."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{shlex.join(map(str, process.args))} ended with {process.returncode}")
    return round(usage.ru_maxrss / 1024)
