"""A small ViT in PyTorch: the same numbers as `cleave` computes, on the same Hugging Face folder.

Pre-norm blocks, exact GELU, a final norm, the mean of all rows, a linear classifier.
"""

import json
import pathlib
import struct

import torch
from torch.nn import functional

from common.probe import read_safetensors

WIDTH, LAYERS, HEADS, INNER, PATCH, SIZE = 64, 6, 4, 128, 8, 32


def shapes():
    """Name to shape of every tensor but the classifier's."""
    result = {"vit.embeddings.cls_token": (1, 1, WIDTH),
              "vit.embeddings.position_embeddings": (1, (SIZE // PATCH) ** 2 + 1, WIDTH),
              "vit.embeddings.patch_embeddings.projection.weight": (WIDTH, 3, PATCH, PATCH),
              "vit.embeddings.patch_embeddings.projection.bias": (WIDTH,)}
    for layer in range(LAYERS):
        name = f"vit.encoder.layer.{layer}."
        linears = {"attention.attention.query": (WIDTH, WIDTH), "attention.attention.key": (WIDTH, WIDTH),
                   "attention.attention.value": (WIDTH, WIDTH), "attention.output.dense": (WIDTH, WIDTH),
                   "intermediate.dense": (INNER, WIDTH), "output.dense": (WIDTH, INNER)}
        for linear, shape in linears.items():
            result[f"{name}{linear}.weight"], result[f"{name}{linear}.bias"] = shape, shape[:1]
        for norm in ("layernorm_before", "layernorm_after"):
            result[f"{name}{norm}.weight"] = result[f"{name}{norm}.bias"] = (WIDTH,)
    result["vit.layernorm.weight"] = result["vit.layernorm.bias"] = (WIDTH,)
    return result


def fresh(seed):
    """Random weights: matrices from a normal distribution of their fan-in, norms at one."""
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in shapes().items():
        if "layernorm" in name:
            weights[name] = torch.full(shape, float(name.endswith("weight")))
        elif name.endswith("bias"):
            weights[name] = torch.zeros(shape)
        else:
            fan_in = torch.Size(shape[1:]).numel() if name.endswith("weight") else 2_500
            weights[name] = torch.randn(shape, generator=generator) * fan_in ** -0.5
    return weights


def add_classifier(weights, classes):
    weights["classifier.weight"], weights["classifier.bias"] = torch.zeros(classes, WIDTH), torch.zeros(classes)


def norm(weights, name, x):
    return functional.layer_norm(x, (WIDTH,), weights[name + ".weight"], weights[name + ".bias"], 1e-12)


def linear(weights, name, x):
    return functional.linear(x, weights[name + ".weight"], weights[name + ".bias"])


def attention(weights, name, x):
    split = lambda rows: rows.view(len(x), -1, HEADS, WIDTH // HEADS).transpose(1, 2)  # noqa: E731
    query, key, value = (split(linear(weights, f"{name}attention.attention.{part}", x))
                         for part in ("query", "key", "value"))
    mixed = torch.softmax(query @ key.transpose(2, 3) * (WIDTH // HEADS) ** -0.5, dim=3) @ value
    return linear(weights, name + "attention.output.dense", mixed.transpose(1, 2).reshape(x.shape))


def logits(weights, pixels):
    """Pixels (B, 3, 32, 32) in [-1, 1] to (B, C)."""
    patches = functional.conv2d(pixels, weights["vit.embeddings.patch_embeddings.projection.weight"],
                                weights["vit.embeddings.patch_embeddings.projection.bias"], stride=PATCH)
    first = weights["vit.embeddings.cls_token"].expand(len(pixels), 1, WIDTH)
    x = torch.cat([first, patches.flatten(2).transpose(1, 2)], 1) + weights["vit.embeddings.position_embeddings"]
    for layer in range(LAYERS):
        name = f"vit.encoder.layer.{layer}."
        x = x + attention(weights, name, norm(weights, name + "layernorm_before", x))
        inner = functional.gelu(linear(weights, name + "intermediate.dense", norm(weights, name + "layernorm_after", x)))
        x = x + linear(weights, name + "output.dense", inner)
    return linear(weights, "classifier", norm(weights, "vit.layernorm", x).mean(1))


def pixels(images):
    """Bytes (N, 32, 32) or (N, 3, 32, 32) to what `logits` takes."""
    x = torch.from_numpy(images.copy()).float() / 127.5 - 1
    return x if x.dim() == 4 else x[:, None].expand(-1, 3, -1, -1)


def accuracy(weights, x, y):
    """In percent."""
    with torch.no_grad():
        right = sum((logits(weights, x[i:i + 250]).argmax(1) == y[i:i + 250]).sum().item() for i in range(0, len(x), 250))
    return 100 * right / len(x)


def train(weights, x, y, *, rate, epochs, seed, decay=0.05, batch=32, augment=lambda x, generator: x,
          after_epoch=lambda epoch: None):
    """AdamW on all weights, the rate falling linearly to 0 after a warm-up of a twentieth."""
    generator = torch.Generator().manual_seed(seed)
    for tensor in weights.values():
        tensor.requires_grad_(True)
    optimizer = torch.optim.AdamW(weights.values(), lr=rate, weight_decay=decay)
    steps = epochs * ((len(x) + batch - 1) // batch)
    factor = lambda step: min(20 * (step + 1) / steps, 1 - step / steps)  # noqa: E731
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    for epoch in range(epochs):
        for chosen in torch.randperm(len(x), generator=generator).split(batch):
            optimizer.zero_grad()
            functional.cross_entropy(logits(weights, augment(x[chosen], generator)), y[chosen]).backward()
            optimizer.step()
            schedule.step()
        after_epoch(epoch)


def save(folder, weights):
    """A Hugging Face folder without the classifier."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = {"architectures": ["ViTModel"], "model_type": "vit", "hidden_size": WIDTH,
              "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "intermediate_size": INNER,
              "image_size": SIZE, "patch_size": PATCH, "num_channels": 3, "hidden_act": "gelu",
              "layer_norm_eps": 1e-12, "qkv_bias": True}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    preprocessor = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "size": SIZE}
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor, indent=1) + "\n")
    header, content = {}, b""
    for name in sorted(shapes()):
        data = weights[name].detach().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(weights[name].shape),
                        "data_offsets": [len(content), len(content) + len(data)]}
        content += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    part = folder / "model.safetensors.part"
    part.write_bytes(struct.pack("<Q", len(text)) + text + content)
    part.rename(folder / "model.safetensors")


def load(folder):
    tensors = read_safetensors(pathlib.Path(folder) / "model.safetensors")
    return {name: torch.from_numpy(value).float() for name, value in tensors.items()}
