"""A small BERT without dropout, as common/model/bert.cc computes it, and its Hugging Face folder."""

import hashlib
import json
import math
import struct

import torch
from torch import nn

HIDDEN, LAYERS, HEADS, INTERMEDIATE, POSITIONS, EPS = 64, 3, 4, 128, 32, 1e-12


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.output = (nn.Linear(HIDDEN, HIDDEN) for _ in range(4))
        self.attention_norm = nn.LayerNorm(HIDDEN, eps=EPS)
        self.expand, self.contract = nn.Linear(HIDDEN, INTERMEDIATE), nn.Linear(INTERMEDIATE, HIDDEN)
        self.output_norm = nn.LayerNorm(HIDDEN, eps=EPS)

    def forward(self, x):  # (B, L, D)
        batch, length, _ = x.shape
        split = lambda t: t.view(batch, length, HEADS, -1).transpose(1, 2)  # noqa: E731
        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        weights = (q @ k.transpose(-1, -2) / math.sqrt(HIDDEN // HEADS)).softmax(-1)
        attended = (weights @ v).transpose(1, 2).reshape(batch, length, HIDDEN)
        x = self.attention_norm(x + self.output(attended))
        return self.output_norm(x + self.contract(nn.functional.gelu(self.expand(x))))


class Backbone(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.words = nn.Embedding(vocabulary, HIDDEN)
        self.positions = nn.Embedding(POSITIONS, HIDDEN)
        self.types = nn.Embedding(1, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN, eps=EPS)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, std=0.05)

    def at_positions(self, words):
        """Rows of embedded words (B, L, D) with their positions."""
        return self.norm(words + self.positions.weight[:words.shape[1]] + self.types.weight[0])

    def forward(self, text, question):
        """Pooled features (B, D) of texts (B, L) with the question's rows (B, P, D) after row 0."""
        x = self.at_positions(self.words(text))
        x = torch.cat([x[:, :1], question, x[:, 1:]], 1)
        for block in self.blocks:
            x = block(x)
        return x.mean(1)


def tensors(net):
    names = {"query": "attention.self.query", "key": "attention.self.key",
             "value": "attention.self.value", "output": "attention.output.dense",
             "attention_norm": "attention.output.LayerNorm", "expand": "intermediate.dense",
             "contract": "output.dense", "output_norm": "output.LayerNorm"}
    out = {"embeddings.word_embeddings.weight": net.words.weight,
           "embeddings.position_embeddings.weight": net.positions.weight,
           "embeddings.token_type_embeddings.weight": net.types.weight,
           "embeddings.LayerNorm.weight": net.norm.weight, "embeddings.LayerNorm.bias": net.norm.bias}
    for i, block in enumerate(net.blocks):
        for own, name in names.items():
            for part in ("weight", "bias"):
                out[f"encoder.layer.{i}.{name}.{part}"] = getattr(getattr(block, own), part)
    return out


def save(net, vocabulary, folder):
    """Writes config.json, vocab.txt and model.safetensors; returns the last one's SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_type": "bert", "architectures": ["BertModel"], "hidden_size": HIDDEN,
              "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
              "intermediate_size": INTERMEDIATE, "max_position_embeddings": POSITIONS,
              "type_vocab_size": 1, "vocab_size": len(vocabulary), "layer_norm_eps": EPS,
              "hidden_act": "gelu", "pad_token_id": 0}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in sorted(tensors(net).items()):
        content = tensor.detach().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    content = struct.pack("<Q", len(text)) + text + data
    (folder / "model.safetensors").write_bytes(content)
    return hashlib.sha256(content).hexdigest()
