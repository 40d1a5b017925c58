"""SST-2 as the experiments use it: the first N training sentences, and a tenth of train held out."""

import random

from common.jobs import REPOSITORY, require

FOLDER = REPOSITORY / ".." / "shared" / "data" / "sst2"
JOB = REPOSITORY / "experiments" / "sst2" / "job.toml"


def check():
    require(FOLDER / "train.tsv", "SST-2 is expected in ../shared/data/sst2 beside the repository")
    require(REPOSITORY / "models" / "minilm" / "config.json", "run scripts/fetch-minilm")


def lines(name="train"):
    return (FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines()


def write(folder, name, rows):
    folder.mkdir(parents=True, exist_ok=True)
    path = (folder / f"{name}.tsv").resolve()
    content = "".join(row + "\n" for row in rows)
    if not path.exists() or path.read_text(encoding="utf-8") != content:
        path.write_text(content, encoding="utf-8")
    return path


def first(folder, count):
    """A file with the first COUNT training sentences."""
    return write(folder, f"train{count}", lines()[:count])


def held_out(folder, fit=None):
    """Nine tenths of train, or the first FIT sentences of them, to train on, and one tenth to choose by."""
    rows = lines()
    chosen = set(random.Random(0).sample(range(len(rows)), len(rows) // 10))
    train = [row for i, row in enumerate(rows) if i not in chosen][:fit]
    held = write(folder, "held", [row for i, row in enumerate(rows) if i in chosen])
    return write(folder, f"fit{len(train)}", train), held
