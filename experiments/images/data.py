"""The image sets of the experiments: MNIST and CIFAR-10 as arrays, and the files that `cleave` reads.

MNIST images are padded from 28 to 32 pixels, so that neither side has to resample them.
"""

import gzip
import pathlib
import struct

import numpy as np

from common.jobs import REPOSITORY, require

FOLDER = REPOSITORY / ".." / "shared" / "data"
SIZES = {"train": 2_000, "held": 500, "dev": 500, "test": 2_000}
# What is tuned after pre-training: digits of these classes.
TASKS = {"digits": range(10), "digits-5-9": range(5, 10)}


def check():
    require(FOLDER / "mnist", "MNIST and CIFAR-10 are expected in ../shared/data beside the repository")


def read_idx(path):
    content = gzip.decompress(path.read_bytes())
    rank = content[3]
    shape = struct.unpack(f">{rank}I", content[4:4 + 4 * rank])
    return np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * rank).reshape(shape)


def mnist(part, classes):
    """Images (N, 32, 32) and labels (N) of `train` or `t10k`, only of CLASSES."""
    images = read_idx(FOLDER / "mnist" / f"{part}-images-idx3-ubyte.gz")
    labels = read_idx(FOLDER / "mnist" / f"{part}-labels-idx1-ubyte.gz")
    chosen = np.isin(labels, list(classes))
    return np.pad(images[chosen], ((0, 0), (2, 2), (2, 2))), labels[chosen]


def cifar10():
    """The 4,000 training images (N, 3, 32, 32) and their labels (N)."""
    records = np.fromfile(FOLDER / "cifar10" / "cifar10_train4000.bin", dtype=np.uint8)
    records = records.reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0].astype(int)


def sets(task):
    """`train`, `held`, `dev` and `test` of a task: images (N, 32, 32) and labels (N) each.

    The first three are neighbours in MNIST's training file, whose order is random; `test` is spread
    over the whole test file, whose first half is the easier one.
    """
    images, labels = mnist("train", TASKS[task])
    result, begin = {}, 0
    for name in ("train", "held", "dev"):
        end = begin + SIZES[name]
        result[name] = images[begin:end], labels[begin:end]
        begin = end
    images, labels = mnist("t10k", TASKS[task])
    spread = np.arange(SIZES["test"]) * len(images) // SIZES["test"]
    result["test"] = images[spread], labels[spread]
    return result


def write_idx(folder, name, images, labels):
    """An idx pair; returns the path of the images' file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = (folder / f"{name}-images-idx3-ubyte").resolve()
    path.write_bytes(struct.pack(">4I", 0x803, *images.shape) + images.tobytes())
    labels_path = path.with_name(f"{name}-labels-idx1-ubyte")
    labels_path.write_bytes(struct.pack(">2I", 0x801, len(labels)) + labels.astype(np.uint8).tobytes())
    return path


def write_sets(folder, task):
    """The four sets as files; returns their paths by name."""
    return {name: write_idx(pathlib.Path(folder), name, *content) for name, content in sets(task).items()}
