#!/usr/bin/env python3
"""The standard step as a careful PyTorch user would write it: one step per line on stdin.

Padding to the batch's longest sentence, frozen weights without gradients, fused attention where
PyTorch has it, one thread. Weights, sentences, prompt and rates are read from files, so that losses
can be compared step by step. Runs on PyTorch 1.13 and 2.x with numpy; nothing else.

    pytorch_step.py --model models/minilm --step step.safetensors
"""
import argparse
import json
import os
import resource
import sys
import time

import numpy
import torch
import torch.nn.functional as F

HEAD, TAIL = 1, 1


def read_safetensors(path):
    """The F32 tensors and the metadata of a file."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = numpy.frombuffer(bytearray(file.read()), dtype=numpy.uint8)
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, info in header.items():
        if info["dtype"] != "F32":
            continue
        begin, end = info["data_offsets"]
        values = data[begin:end].view(numpy.float32).reshape(info["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors, metadata


def attention(q, k, v, mask):
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    scores = torch.matmul(q, k.transpose(-1, -2)) * q.shape[-1] ** -0.5
    return torch.matmul(torch.softmax(scores + mask, dim=-1), v)


class Block:
    """One post-norm BERT block over (B, T, D)."""

    def __init__(self, tensors, prefix, config):
        self.heads = config["num_attention_heads"]
        self.eps = config["layer_norm_eps"]
        self.weights = {n[len(prefix):]: t for n, t in tensors.items() if n.startswith(prefix)}

    def linear(self, name, x):
        return F.linear(x, self.weights[name + ".weight"], self.weights[name + ".bias"])

    def norm(self, name, x):
        w, b = self.weights[name + ".weight"], self.weights[name + ".bias"]
        return F.layer_norm(x, (x.shape[-1],), w, b, self.eps)

    def split_heads(self, x):
        return x.view(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def __call__(self, x, mask):
        q, k, v = (self.split_heads(self.linear("attention.self." + part, x))
                   for part in ("query", "key", "value"))
        a = attention(q, k, v, mask).transpose(1, 2).reshape(x.shape)
        a = self.norm("attention.output.LayerNorm", self.linear("attention.output.dense", a) + x)
        m = self.linear("output.dense", F.gelu(self.linear("intermediate.dense", a)))
        return self.norm("output.LayerNorm", m + a)


class Step:
    def __init__(self, model, step):
        with open(os.path.join(model, "config.json")) as file:
            config = json.load(file)
        weights, _ = read_safetensors(os.path.join(model, "model.safetensors"))
        weights = {n[5:] if n.startswith("bert.") else n: t for n, t in weights.items()}
        given, rates = read_safetensors(step)
        self.embeddings = {n: t for n, t in weights.items() if n.startswith("embeddings.")}
        self.eps = config["layer_norm_eps"]

        tail = {n[5:]: t.requires_grad_() for n, t in given.items() if n.startswith("tail.")}
        self.prompt = next(t for n, t in given.items() if n.startswith("prompt")).requires_grad_()
        layers = config["num_hidden_layers"]
        self.blocks = [Block(tail if i >= layers - TAIL else weights, f"encoder.layer.{i}.", config)
                       for i in range(layers)]
        self.classifier = tail["classifier.weight"], tail["classifier.bias"]
        self.optimizer = torch.optim.Adam([
            {"params": [self.prompt], "lr": float(rates["lr_prompt"])},
            {"params": list(tail.values()), "lr": float(rates["lr_tail"])}])
        self.sentences = torch.split(given["ids"].long(), given["lengths"].long().tolist())
        self.labels = given["labels"].long()

    def embed(self):
        """Padded text (B, T, D) without the prompt, and each sentence's length with it."""
        ids = torch.nn.utils.rnn.pad_sequence(self.sentences, batch_first=True)
        e = self.embeddings
        with torch.no_grad():
            x = (e["embeddings.word_embeddings.weight"][ids]
                 + e["embeddings.position_embeddings.weight"][:ids.shape[1]]
                 + e["embeddings.token_type_embeddings.weight"][0])
            x = F.layer_norm(x, (x.shape[-1],), e["embeddings.LayerNorm.weight"],
                             e["embeddings.LayerNorm.bias"], self.eps)
        lengths = torch.tensor([len(s) for s in self.sentences]) + self.prompt.shape[0]
        return x, lengths

    def __call__(self):
        self.optimizer.zero_grad(set_to_none=True)
        text, lengths = self.embed()
        prompt = self.prompt.expand(text.shape[0], -1, -1)
        x = torch.cat([text[:, :1], prompt, text[:, 1:]], dim=1)
        valid = torch.arange(x.shape[1]) < lengths[:, None]  # (B, T)
        mask = torch.zeros(valid.shape).masked_fill(~valid, float("-inf"))[:, None, None, :]
        for block in self.blocks:
            x = block(x, mask)
        pooled = (x * valid[..., None]).sum(1) / lengths[:, None]
        loss = F.cross_entropy(F.linear(pooled, *self.classifier), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--model", required=True, help="models/minilm")
    parser.add_argument("--step", required=True, help="what step_bench serve --write-step wrote")
    options = parser.parse_args()
    torch.set_num_threads(1)
    step = Step(options.model, options.step)
    print(json.dumps({"precision": "fp32", "threads": torch.get_num_threads(),
                      "torch": torch.__version__}), flush=True)
    for _ in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        loss = step()
        answer = {"loss": loss, "wall": time.perf_counter() - wall,
                  "cpu": time.process_time() - cpu,
                  "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
