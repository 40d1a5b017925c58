"""The adapters that PEFT writes for scripts/check-peft: what is trained, in which model, by which config."""
import peft

FEED_FORWARD = {"bert": "output.dense", "roberta": "output.dense", "gpt2": "mlp.c_proj", "llama": "down_proj"}
KEYS = {"bert": ["key", "value"], "roberta": ["key", "value"], "gpt2": ["c_attn"], "llama": ["k_proj", "v_proj"]}
NORMS = {"bert": ["LayerNorm"], "roberta": ["LayerNorm"], "gpt2": ["ln_1", "ln_2", "ln_f"],
         "llama": ["input_layernorm", "post_attention_layernorm", "norm"]}
POOLER = "pooler.dense"


class Adapter:
    """`refused`: what Cleave must name where it does not take the adapter; None: it must take it."""

    def __init__(self, model, name, config, task="classification", refused=None):
        self.model, self.config, self.task, self.refused = model, config, task, refused
        self.name = f"{model}{'-lm' if task == 'causal_lm' else ''}-{name}"


def lora(**keys):
    return peft.LoraConfig(**{"r": 3, "lora_alpha": 7, "init_lora_weights": False, **keys})


def of_text(model, task_type):
    task, ends = {"task_type": task_type}, FEED_FORWARD[model]
    return {
        "prompt": peft.PromptTuningConfig(num_virtual_tokens=4, **task),
        "p_tuning": peft.PromptEncoderConfig(num_virtual_tokens=4, encoder_hidden_size=16, **task),
        "prefix": peft.PrefixTuningConfig(num_virtual_tokens=4, **task),
        "lora": lora(**task),
        "rslora": lora(use_rslora=True, layers_to_transform=[1], **task),
        "ia3": peft.IA3Config(target_modules=KEYS[model] + [ends], feedforward_modules=[ends],
                              init_ia3_weights=False, **task),
        "norm": peft.LNTuningConfig(target_modules=NORMS[model], **task),
        "linear": lora(target_modules="all-linear", exclude_modules=["classifier.dense", "classifier.out_proj", POOLER],
                       **task),
    }


def of_pictures(newer):
    """Under the names that transformers gives ViT's modules in this version. There is no task type."""
    names = ["q_proj", "k_proj", "v_proj", "mlp.fc2"] if newer else ["query", "key", "value", "output.dense"]
    own = {"modules_to_save": ["classifier"]}
    feed_forward = ["mlp.fc2" if newer else r"layer.\d+.output.dense"]
    blocks = "vit.layers" if newer else "vit.encoder.layer"
    return {
        "lora": lora(target_modules=names[0::2], **own),
        "suffix": lora(target_modules=names, **own),
        "pattern": lora(target_modules=rf".*{blocks}\.[01]\..*({names[0]}|{names[1]})", **own),
        "layers": lora(target_modules=names[:2], layers_to_transform=[0, 2], **own),
        "exclude": lora(target_modules=names[:2], exclude_modules=rf".*\.1\..*{names[0]}", **own),
        "linear": lora(target_modules="all-linear", exclude_modules=["classifier"], **own),
        "ia3": peft.IA3Config(
            target_modules=rf".*({names[1]}|{names[2]}|{feed_forward[0]})", feedforward_modules=rf".*{feed_forward[0]}",
            init_ia3_weights=False, **own),
        "norm": peft.LNTuningConfig(target_modules=["layernorm_before", "layernorm_after", "layernorm"], **own),
    }


def all_adapters(newer):
    """`newer`: of transformers 5."""
    out = []
    for model in ("bert", "roberta", "gpt2", "llama"):
        out += [Adapter(model, name, config) for name, config in of_text(model, "SEQ_CLS").items()]
    for model in ("gpt2", "llama"):
        # The tail of a language model holds no norm.
        refused = {"norm": f"{NORMS[model][-1]}.ln_tuning_layers"}
        out += [Adapter(model, name, config, "causal_lm", refused.get(name))
                for name, config in of_text(model, "CAUSAL_LM").items()]
    out += [Adapter("vit", name, config) for name, config in of_pictures(newer).items()]
    out.append(Adapter("bert", "pooler", lora(target_modules="all-linear", task_type="SEQ_CLS")))
    out.append(Adapter("bert", "saved-pooler", lora(target_modules=["query", "value"], modules_to_save=["classifier", "pooler"],
                                                    task_type="SEQ_CLS")))
    out.append(Adapter("bert", "ia3-pooler", peft.IA3Config(target_modules=["key", POOLER], feedforward_modules=[],
                                                            init_ia3_weights=False, task_type="SEQ_CLS"),
                       refused=f'exclude_modules = ["{POOLER}"]'))
    return out
