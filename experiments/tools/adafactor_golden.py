#!/usr/bin/env python3
"""Writes tests/golden/adafactor.{safetensors,json}: steps of the reference Adafactor.

Needs torch, transformers and safetensors. The problem is that of adam.safetensors: the loss is the
mean over all elements of (X W^T + b - Y)^2; W is factored, b is not. The case "stack" is one tensor
(2, 3, 4) with given gradients, that is two matrices.
"""
import json
import pathlib
import sys

import safetensors
import safetensors.torch
import torch
import transformers
from transformers.optimization import Adafactor

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden"
# Lester et al.'s rates for soft prompts, and ones at which weight decay shows.
CASES = {"lester": dict(lr=0.3, weight_decay=1e-5), "decayed": dict(lr=0.05, weight_decay=0.1)}
STEPS = 5


def trainer(parameters, lr, weight_decay):
    return Adafactor(parameters, lr=lr, weight_decay=weight_decay, scale_parameter=False,
                     relative_step=False, warmup_init=False)


def regression(tensors, given, case, options):
    w, b = (given[name].clone().requires_grad_() for name in ("W0", "b0"))
    optimizer = trainer([w, b], **options)
    for step in range(1, STEPS + 1):
        optimizer.zero_grad()
        ((given["X"] @ w.T + b - given["Y"]) ** 2).mean().backward()
        optimizer.step()
        tensors[f"{case}.W_step{step}"] = w.detach().clone()
        tensors[f"{case}.b_step{step}"] = b.detach().clone()


def stack(tensors):
    generator = torch.Generator().manual_seed(0)
    value = torch.randn(2, 3, 4, generator=generator).requires_grad_()
    tensors["stack.start"] = value.detach().clone()
    optimizer = trainer([value], 0.1, 0.01)
    for step in range(1, 4):
        value.grad = torch.randn(2, 3, 4, generator=generator) * 10.0 ** (step - 2)
        tensors[f"stack.grad_step{step}"] = value.grad.clone()
        optimizer.step()
        tensors[f"stack.step{step}"] = value.detach().clone()


def main():
    given = safetensors.torch.load_file(FOLDER / "adam.safetensors")
    tensors = {}
    for case, options in CASES.items():
        regression(tensors, given, case, options)
    stack(tensors)
    safetensors.torch.save_file(tensors, FOLDER / "adafactor.safetensors")
    about = {
        "made_by": "experiments/tools/adafactor_golden.py",
        "problem": "X, Y, W0, b0 and the loss of adam.safetensors; stack: given gradients",
        "cases": {**CASES, "stack": dict(lr=0.1, weight_decay=0.01)},
        "options": "transformers Adafactor: scale_parameter, relative_step, warmup_init off, beta1 "
                   "None, decay_rate -0.8, clip_threshold 1, eps (1e-30, 1e-3)",
        "tolerance": {"abs": 1e-6},
        "note": "step i tensors are the values AFTER step i (1-based)",
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__,
                     "safetensors": safetensors.__version__},
    }
    (FOLDER / "adafactor.json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
