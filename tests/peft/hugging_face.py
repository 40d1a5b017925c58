"""Hugging Face's half of scripts/check-peft: gives its own logits for what Cleave exported, and writes
adapters for Cleave to read. Prints the largest difference of every case; exits 1 above the tolerance.

    hugging_face.py compare DIR    after peft_cases write
    hugging_face.py write DIR      before peft_cases read
    hugging_face.py check DIR      after peft_cases read
"""
import inspect
import pathlib
import sys

import peft
import torch
import transformers
from safetensors import safe_open
from safetensors.torch import save_file

from adapters import all_adapters

TOLERANCE = 1e-5
MODELS = pathlib.Path(__file__).resolve().parents[1] / "golden/tiny"


def load(path):
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()


def base(path, task="classification"):
    if task == "causal_lm":
        return transformers.AutoModelForCausalLM.from_pretrained(path, attn_implementation="eager").eval()
    kind = transformers.AutoConfig.from_pretrained(path).model_type
    classes = transformers.AutoModelForImageClassification if kind == "vit" else transformers.AutoModelForSequenceClassification
    return classes.from_pretrained(path, num_labels=2, ignore_mismatched_sizes=True, attn_implementation="eager").eval()


def take_past_key_values(module):
    """transformers 5.24 calls a prefix `cache`; PEFT 0.21 asks a model's signature for its older name."""
    forward = module.forward
    parameters = inspect.signature(forward).parameters
    if "past_key_values" in parameters or "cache" not in parameters:
        return

    def renamed(*args, past_key_values=None, **keys):
        if past_key_values is not None:
            keys["cache"] = past_key_values
        return forward(*args, **keys)
    module.forward = renamed


def with_prefixes(model):
    if model.active_peft_config.peft_type == "PREFIX_TUNING":
        take_past_key_values(model.base_model)
        take_past_key_values(model.base_model.get_submodule(model.transformer_backbone_name))
    return model.eval()


def logits(model, case):
    """One text at a time: nothing is padded."""
    if "pixels" in case:
        with torch.no_grad():
            return model(pixel_values=(case["pixels"] / 255 - 0.5) / 0.5).logits
    rows = []
    for ids, length in zip(case["ids"].long(), case["lengths"].long()):
        one = ids[:length][None]
        with torch.no_grad():
            row = model(input_ids=one, attention_mask=torch.ones_like(one)).logits
            rows.append(row[:, -1] if row.dim() == 3 else row)  # a language model's last row
    return torch.cat(rows)


def report(name, own, other):
    difference = (own - other).abs().max().item()
    print(f"{name:<28} {difference:.1e}")
    return difference <= TOLERANCE


def compare(folder):
    good = True
    for path in sorted(folder.iterdir()):
        case, about = load(path / "case.safetensors")
        merged = (path / "merged").exists()
        model = base(path / "merged" if merged else about["model"], about["task"])
        adapter = path / ("merged/adapter" if merged else "adapter")
        if adapter.exists():
            model = with_prefixes(peft.PeftModel.from_pretrained(model, adapter))
        good = report(path.name, logits(model, case), case["logits"]) and good
    return good


def stirred(model):
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            parameter.data += 0.1 * torch.randn_like(parameter)
    return model


def add_classifier(model, path):
    """PEFT 0.15 neither trains nor saves a prompt's classifier; later versions do."""
    tensors, about = load(path)
    for name, parameter in model.named_parameters():
        if name.startswith(("base_model.classifier.", "base_model.score.")):
            saved = name.replace(".modules_to_save.default", "").replace(".original_module", "")
            tensors.setdefault(saved, parameter.detach().contiguous())
    save_file(tensors, path, metadata=about)


def inputs_for(adapter):
    if adapter.model == "vit":
        return {"pixels": torch.randint(0, 256, (5, 3, 32, 32)).float()}
    return {"ids": torch.randint(3, 96, (5, 8)).float(), "lengths": torch.tensor([8, 7, 6, 4, 3]).float()}


def write(folder):
    torch.manual_seed(5)
    for adapter in all_adapters(newer=int(transformers.__version__.split(".")[0]) >= 5):
        path = folder / adapter.name
        model = peft.get_peft_model(base(MODELS / adapter.model, adapter.task), adapter.config)
        model = with_prefixes(stirred(model))
        model.save_pretrained(path / "adapter")
        add_classifier(model, path / "adapter/adapter_model.safetensors")
        case = inputs_for(adapter)
        case["logits"] = logits(model, case).contiguous()
        about = {"model": str(MODELS / adapter.model), "refused": adapter.refused or ""}
        save_file(case, path / "case.safetensors", metadata=about)


def refused_by_name(path, name):
    said = path.read_text() if path.exists() else "taken"
    good = name in said if name else False
    print(f"{path.parent.name:<28} " + ("refused" if good else f"WRONG, expected a refusal that names {name}: {said}"))
    return good


def check(folder):
    good = True
    for path in sorted(folder.iterdir()):
        case, about = load(path / "case.safetensors")
        if about["refused"] or (path / "refusal.txt").exists():
            good = refused_by_name(path / "refusal.txt", about["refused"]) and good
        else:
            good = report(path.name, load(path / "logits.safetensors")[0]["logits"], case["logits"]) and good
    return good


def main():
    transformers.logging.set_verbosity_error()
    if hasattr(transformers.logging, "disable_progress_bar"):
        transformers.logging.disable_progress_bar()
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, PEFT {peft.__version__}")
    what, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    if what == "write":
        return write(folder)
    return sys.exit(0 if {"compare": compare, "check": check}[what](folder) else 1)


main()
