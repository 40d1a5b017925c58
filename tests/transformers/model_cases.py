"""The model folders of the sweep. Each is one change of one family's default."""
import torch

from model_case import NAMES, Case
from settings import setting

CASES = []
ENCODERS = ("bert", "roberta")
CAUSAL = ("gpt2", "llama")


def add(*args, **keys):
    CASES.append(Case(*args, **keys))


def renaming(rename):
    def weights(tensors):
        for name in list(tensors):
            tensors[rename(name)] = tensors.pop(name)
    return weights


def act(family):
    return "activation_function" if family == "gpt2" else "hidden_act"


for family in NAMES:
    for labels in (2, 3, 7):
        add(family, "labels", str(labels), num_labels=labels)
    add(family, "labels", "named", id2label={0: "no", 1: "yes"}, label2id={"no": 0, "yes": 1})
    add(family, "labels", "counted", num_labels=3, change=setting(id2label=None, label2id=None, num_labels=3))
    add(family, "labels", "one", num_labels=1, refused="id2label")

    for name in ("gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_python", "gelu_accurate",
                 "gelu_python_tanh", "quick_gelu", "relu", "silu", "swish", "tanh"):
        add(family, "activation", name, **{act(family): name})
    for name in ("gelu_10", "relu2", "relu6", "mish", "sigmoid", "linear", "leaky_relu", "hardswish"):
        add(family, "activation", name, refused=act(family), **{act(family): name})
    add(family, "activation", "absent", change=setting(**{act(family): None}))

    eps = {"gpt2": "layer_norm_epsilon", "llama": "rms_norm_eps"}.get(family, "layer_norm_eps")
    for value in (1e-12, 1e-5, 1e-2):
        add(family, "eps", str(value), **{eps: value})
    add(family, "eps", "absent", change=setting(**{eps: None}))

    for dtype in (torch.float16, torch.bfloat16, torch.float64):
        add(family, "dtype", str(dtype)[6:], dtype=dtype)
    add(family, "dtype", "int8", weights=lambda tensors: tensors.update(
        {name: (value * 20).to(torch.int8) for name, value in tensors.items() if "dense" in name or "proj" in name}),
        refused="type")

    for value in ("regression", "multi_label_classification"):
        add(family, "problem", value, problem_type=value, refused="problem_type")
    add(family, "problem", "single", problem_type="single_label_classification")

    add(family, "names", "module", weights=renaming(lambda name: "module." + name), same=True)
    add(family, "other task", "class", change=setting(architectures=[NAMES[family] + "ForTokenClassification"]),
        refused="architectures")
    add(family, "other task", "family", change=setting(architectures=["T5ForSequenceClassification"]),
        refused="architectures")
    add(family, "other task", "model", change=setting(architectures=[NAMES[family] + "Model"]))
    add(family, "unknown", "quantised", change=setting(quantization_config={"quant_method": "gptq", "bits": 4}),
        refused="quantization_config")
    add(family, "unknown", "key", change=setting(norm_position="pre"), refused="norm_position")
    add(family, "unknown", "null", change=lambda config: config.update(norm_position=None))
    add(family, "harmless", "chunks", chunk_size_feed_forward=3)
    add(family, "harmless", "generation", change=setting(num_beams=4, top_k=3, max_length=7, repetition_penalty=2.0))

for family in ENCODERS:
    add(family, "decoder", "is_decoder", is_decoder=True, refused="is_decoder")
    add(family, "decoder", "cross", change=setting(is_decoder=True, add_cross_attention=True), refused="is_decoder")
    for types in (1, 2, 3):
        add(family, "sizes", f"types {types}", type_vocab_size=types)
    add(family, "sizes", "heads", hidden_size=24, num_attention_heads=3)
    add(family, "sizes", "wide", intermediate_size=100, num_hidden_layers=1)
    add(family, "defaults", "types", type_vocab_size=2, change=setting(type_vocab_size=None))
    add(family, "names", "gamma", weights=renaming(
        lambda name: name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")))
    for value in ("relative_key", "relative_key_query"):
        add(family, "positions", value, change=setting(position_embedding_type=value),
            refused="position_embedding_type")
    add(family, "positions", "absolute", change=setting(position_embedding_type="absolute"))
for pad in (0, 1, 2):
    add("roberta", "padding", str(pad), pad_token_id=pad)
add("roberta", "padding", "absent", change=setting(pad_token_id=None))

for value in (True, False):
    add("vit", "biases", f"qkv {value}", qkv_bias=value)
add("vit", "sizes", "patch 4", patch_size=4)
add("vit", "sizes", "gray", num_channels=1)
add("vit", "sizes", "list", change=setting(image_size=[16, 16], patch_size=[8, 8]))
add("vit", "sizes", "oblong", change=setting(image_size=[16, 32]), refused="image_size")
add("vit", "sizes", "heads", change=setting(head_dim=4), refused="head_dim")
add("vit", "harmless", "pooler", pooler_act="relu", pooler_output_size=9)

for family in CAUSAL:
    for tied in (True, False):
        add(family, "words", f"tied {tied}", language=True, tie_word_embeddings=tied)
    add(family, "words", "missing", language=True, tie_word_embeddings=False, refused="lm_head",
        weights=lambda tensors: tensors.pop("lm_head.weight"))
    add(family, "words", "both", language=True, tie_word_embeddings=False, change=setting(tie_word_embeddings=True))
    for dtype in (torch.float16, torch.bfloat16):
        add(family, "words", str(dtype)[6:], language=True, dtype=dtype)
    add(family, "words", "one label", language=True, change=setting(id2label={"0": "LABEL_0"}))
add("gpt2", "words", "absent", language=True, change=setting(tie_word_embeddings=None))
add("llama", "words", "absent", language=True, tie_word_embeddings=False, change=setting(tie_word_embeddings=None))

add("gpt2", "attention", "unscaled", scale_attn_weights=False, refused="scale_attn_weights")
add("gpt2", "attention", "by layer", scale_attn_by_inverse_layer_idx=True, refused="scale_attn_by_inverse_layer_idx")
add("gpt2", "attention", "upcast", reorder_and_upcast_attn=True)
add("gpt2", "attention", "cross", add_cross_attention=True, refused="add_cross_attention")
add("gpt2", "sizes", "inner", n_inner=40)
add("gpt2", "sizes", "heads", n_head=4)
add("gpt2", "sizes", "other names", change=lambda config: config.update(
    hidden_size=config.pop("n_embd"), num_hidden_layers=config.pop("n_layer"),
    num_attention_heads=config.pop("n_head"), max_position_embeddings=config.pop("n_positions")))

for attention in (True, False):
    for mlp in (True, False):
        add("llama", "biases", f"{attention} {mlp}", attention_bias=attention, mlp_bias=mlp)
for heads in (1, 2):
    add("llama", "heads", f"shared {heads}", num_key_value_heads=heads)
for width in (4, 16):
    add("llama", "heads", f"width {width}", head_dim=width)
    add("llama", "heads", f"width {width} language", head_dim=width, num_key_value_heads=1, language=True)
for theta in (100.0, 10000.0, 500000.0):
    add("llama", "rope", f"theta {theta}", rope_parameters={"rope_type": "default", "rope_theta": theta})
    add("llama", "rope", f"outer {theta}", change=setting(rope_parameters=None, rope_theta=theta))
    add("llama", "rope", f"old type {theta}", change=setting(
        rope_parameters=None, rope_theta=theta, rope_scaling={"type": "default"}))
    add("llama", "rope", f"new type {theta}", change=setting(
        rope_parameters=None, rope_scaling={"rope_type": "default", "rope_theta": theta}))
    add("llama", "rope", f"inner first {theta}", change=setting(
        rope_parameters={"rope_type": "default", "rope_theta": theta}, rope_theta=7.0))
add("llama", "rope", "absent", change=setting(rope_parameters=None))
for kind, more in (("linear", {}), ("dynamic", {}), ("yarn", {}),
                   ("llama3", {"low_freq_factor": 1.0, "high_freq_factor": 4.0,
                               "original_max_position_embeddings": 8})):
    rope = {"rope_type": kind, "rope_theta": 10000.0, "factor": 4.0, **more}
    add("llama", "rope", kind, rope_parameters=rope, refused="rope_type")
    old = {"type": kind, "factor": 4.0, **more}
    add("llama", "rope", f"old {kind}", change=setting(rope_parameters=None, rope_scaling=old), refused="rope_scaling")
add("llama", "rope", "partial", change=setting(partial_rotary_factor=0.5), refused="partial_rotary_factor")
add("llama", "harmless", "slices", change=setting(pretraining_tp=2))
