"""A linear probe: logistic regression on frozen, pooled features, the simplest thing that could work."""

import json
import pathlib
import struct
import subprocess
import tempfile

import numpy as np


def read_safetensors(path):
    """The fp32 tensors of a file, by name."""
    content = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, info in header.items():
        begin, end = info["data_offsets"]
        values = np.frombuffer(content[8 + length + begin:8 + length + end], dtype="<f4")
        tensors[name] = values.reshape(info["shape"]).astype(np.float64)
    return tensors


def features(build, job, data):
    """Pooled features (N, D) and labels (N) of a labelled file, by the frozen model of JOB."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "features.safetensors"
        subprocess.run([build / "experiments" / "features", job, data, out], check=True)
        tensors = read_safetensors(out)
    return tensors["features"], tensors["labels"].astype(int)


def softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


def fit(x, y, penalty, steps=400):
    """Weights (D + 1, C) of multinomial logistic regression with L2, by accelerated gradient descent.

    PENALTY is added to the mean loss as penalty/2 |W|^2; the bias is not penalised.
    """
    classes = int(y.max()) + 1
    x1 = np.hstack([x, np.ones((len(x), 1))])
    target = np.eye(classes)[y]
    decay = np.full((x1.shape[1], 1), penalty)
    decay[-1] = 0
    rate = 1 / (0.5 * np.linalg.norm(x1, 2) ** 2 / len(x1) + penalty)
    w = velocity = np.zeros((x1.shape[1], classes))
    for step in range(steps):
        ahead = w + step / (step + 3) * velocity
        gradient = x1.T @ (softmax(x1 @ ahead) - target) / len(x1) + decay * ahead
        new = ahead - rate * gradient
        velocity = new - w
        w = new
    return w


def accuracy(w, x, y):
    """In percent."""
    return 100 * float(((x @ w[:-1] + w[-1]).argmax(axis=1) == y).mean())


def probe(x, y, held_x, held_y):
    """Standardises, picks the L2 penalty on the held-out part and returns a function (x, y) -> percent."""
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-6
    scaled = lambda values: (values - mean) / deviation  # noqa: E731
    penalties = [1e-4, 1e-3, 1e-2, 1e-1]
    fits = {p: fit(scaled(x), y, p) for p in penalties}
    best = max(penalties, key=lambda p: accuracy(fits[p], scaled(held_x), held_y))
    return best, lambda values, labels: accuracy(fits[best], scaled(values), labels)
