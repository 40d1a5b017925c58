"""Hugging Face's half of scripts/check-peft: gives its own logits for what Cleave exported, and writes
adapters for Cleave to read. Prints the largest difference of every case; exits 1 above the tolerance.

    hugging_face.py compare DIR    after peft_cases write
    hugging_face.py write DIR      before peft_cases read
    hugging_face.py check DIR      after peft_cases read
"""
import pathlib
import sys

import peft
import torch
import transformers
from safetensors import safe_open
from safetensors.torch import save_file

TOLERANCE = 1e-5
MODELS = pathlib.Path(__file__).resolve().parents[1] / "golden/tiny"


def load(path):
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()


def base(path, task="classification"):
    if task == "causal_lm":
        return transformers.AutoModelForCausalLM.from_pretrained(path, attn_implementation="eager").eval()
    return transformers.AutoModelForSequenceClassification.from_pretrained(
        path, num_labels=2, ignore_mismatched_sizes=True, attn_implementation="eager").eval()


def logits(model, case):
    """One text at a time: nothing is padded."""
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
        if (path / "merged").exists():
            model = base(path / "merged", about["task"])
            if (path / "merged/adapter").exists():
                model = peft.PeftModel.from_pretrained(model, path / "merged/adapter").eval()
        else:
            model = peft.PeftModel.from_pretrained(base(about["model"], about["task"]), path / "adapter").eval()
        good = report(path.name, logits(model, case), case["logits"]) and good
    return good


def configs(kind):
    task = {"task_type": "SEQ_CLS"}
    feed_forward = {"bert": "output.dense", "roberta": "output.dense", "gpt2": "mlp.c_proj",
                    "llama": "down_proj"}[kind]
    keys = {"bert": ["key", "value"], "roberta": ["key", "value"], "gpt2": ["c_attn"],
            "llama": ["k_proj", "v_proj"]}[kind]
    norms = {"bert": ["LayerNorm"], "roberta": ["LayerNorm"], "gpt2": ["ln_1", "ln_2", "ln_f"],
             "llama": ["input_layernorm", "post_attention_layernorm", "norm"]}[kind]
    return {
        "prompt": peft.PromptTuningConfig(num_virtual_tokens=4, **task),
        "p_tuning": peft.PromptEncoderConfig(num_virtual_tokens=4, encoder_hidden_size=16, **task),
        "prefix": peft.PrefixTuningConfig(num_virtual_tokens=4, **task),
        "lora": peft.LoraConfig(r=3, lora_alpha=7, init_lora_weights=False, **task),
        "rslora": peft.LoraConfig(r=3, use_rslora=True, init_lora_weights=False,
                                  layers_to_transform=[1], **task),
        "ia3": peft.IA3Config(target_modules=keys + [feed_forward],
                              feedforward_modules=[feed_forward], init_ia3_weights=False, **task),
        "norm": peft.LNTuningConfig(target_modules=norms, **task),
    }


def stirred(model):
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            parameter.data += 0.1 * torch.randn_like(parameter)
    return model.eval()


def add_classifier(model, path):
    """PEFT 0.15 neither trains nor saves a prompt's classifier; later versions do."""
    tensors, about = load(path)
    for name, parameter in model.named_parameters():
        if name.startswith(("base_model.classifier.", "base_model.score.")):
            saved = name.replace(".modules_to_save.default", "").replace(".original_module", "")
            tensors.setdefault(saved, parameter.detach().contiguous())
    save_file(tensors, path, metadata=about)


def write(folder):
    torch.manual_seed(5)
    for kind in ("bert", "roberta", "gpt2", "llama"):
        for method, config in configs(kind).items():
            path = folder / f"{kind}-{method}"
            model = stirred(peft.get_peft_model(base(MODELS / kind), config))
            model.save_pretrained(path / "adapter")
            add_classifier(model, path / "adapter/adapter_model.safetensors")
            case = {"ids": torch.randint(3, 96, (5, 8)).float(),
                    "lengths": torch.tensor([8, 7, 6, 4, 3]).float()}
            case["logits"] = logits(model, case).contiguous()
            save_file(case, path / "case.safetensors", metadata={"model": str(MODELS / kind)})


def check(folder):
    good = True
    for path in sorted(folder.iterdir()):
        expected = load(path / "case.safetensors")[0]["logits"]
        good = report(path.name, load(path / "logits.safetensors")[0]["logits"], expected) and good
    return good


def main():
    transformers.logging.set_verbosity_error()
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, PEFT {peft.__version__}")
    what, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    if what == "write":
        return write(folder)
    return sys.exit(0 if {"compare": compare, "check": check}[what](folder) else 1)


main()
