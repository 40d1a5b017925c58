"""One model folder of the sweep: which class of transformers writes it, and what is done to it afterwards."""
import json

import torch
import transformers
from safetensors.torch import load_file, save_file

SIZES = {
    "bert": dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
                 vocab_size=50, max_position_embeddings=20),
    "roberta": dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
                    vocab_size=50, max_position_embeddings=20),
    "vit": dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
                image_size=16, patch_size=8),
    "gpt2": dict(n_embd=16, n_layer=2, n_head=2, vocab_size=50, n_positions=20, pad_token_id=0,
                 bos_token_id=1, eos_token_id=2),
    "llama": dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
                  vocab_size=50, max_position_embeddings=20, pad_token_id=0),
}
NAMES = {"bert": "Bert", "roberta": "Roberta", "vit": "ViT", "gpt2": "GPT2", "llama": "Llama"}


class Case:
    """`keys` go to the configuration's class; `change(config)` edits config.json and `weights(tensors)` the
    tensors after save_pretrained. `refused`: what Cleave's refusal must name; None: it must open the folder.
    `same`: transformers cannot open the edited folder, or means nothing else by it: what it gave before stands."""

    def __init__(self, family, group, name, *, language=False, refused=None, same=False, dtype=None,
                 change=None, weights=None, **keys):
        self.family, self.group = family, f"{family} {group}"
        self.name = f"{family}-{group}-{name}".replace(" ", "-")
        self.language, self.refused, self.same, self.dtype = language, refused, same, dtype
        self.change, self.weights, self.keys = change, weights, keys

    def _class(self):
        kind = {"vit": "ForImageClassification", "gpt2": "LMHeadModel", "llama": "ForCausalLM"}.get(self.family)
        if not self.language and self.family != "vit":
            kind = "ForSequenceClassification"
        return getattr(transformers, NAMES[self.family] + kind)

    def model(self):
        config = getattr(transformers, NAMES[self.family] + "Config")(**{**SIZES[self.family], **self.keys})
        config._attn_implementation = "eager"
        model = self._class()(config)
        return model

    def edit(self, folder):
        if self.change:
            path = folder / "config.json"
            config = json.loads(path.read_text())
            self.change(config)
            path.write_text(json.dumps(config))
        if self.weights:
            path = folder / "model.safetensors"
            tensors = load_file(path)
            self.weights(tensors)
            save_file(tensors, path, metadata={"format": "pt"})

    def reference(self, folder):
        """What transformers opens, in fp32 whatever is stored."""
        return self._class().from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
