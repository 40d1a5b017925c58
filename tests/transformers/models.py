"""Model folders as transformers' save_pretrained writes them, over the config space of the five families.

    models.py write DIR    DIR/CASE: model/, inputs.safetensors, expected.safetensors
    models.py judge DIR    after transformers_cases models DIR
"""
import library_first  # noqa: F401
import torch
import transformers
from safetensors.torch import load_file, save_file

from report import Report, main
from model_cases import CASES

TOLERANCE = 1e-5


def stirred(model):
    """Biases and norms begin at 0 and 1, where one that is left out would not show."""
    generator = torch.Generator().manual_seed(7)
    for parameter in model.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    return model.eval()


def inputs_for(config):
    generator = torch.Generator().manual_seed(11)
    if hasattr(config, "image_size"):
        shape = (2, config.num_channels, config.image_size, config.image_size)
        return {"pixels": torch.randint(0, 256, shape, generator=generator).float()}
    ids = torch.randint(3, config.vocab_size, (3, 9), generator=generator)
    if config.pad_token_id is not None and config.pad_token_id >= 0:
        ids[0, -1] = ids[1, -3:] = ids[2, 4] = config.pad_token_id
    return {"ids": ids.float()}


def expected(model, inputs):
    with torch.no_grad():
        if "pixels" in inputs:
            return model(pixel_values=(inputs["pixels"] / 255 - 0.5) / 0.5).logits
        ids = inputs["ids"].long()
        return model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits


def write(folder):
    for case in CASES:
        torch.manual_seed(1)
        model = stirred(case.model())
        path = folder / case.name
        (model.to(case.dtype) if case.dtype else model).save_pretrained(path / "model")
        before = case.reference(path / "model") if case.same else None
        case.edit(path / "model")
        inputs = inputs_for(model.config)
        task = "causal_lm" if case.language else "classification"
        save_file(inputs, path / "inputs.safetensors", metadata={"task": task})
        if not case.refused:
            logits = expected(before or case.reference(path / "model"), inputs)
            save_file({"logits": logits.float().contiguous()}, path / "expected.safetensors")


def judge(folder):
    report = Report("models")
    for case in CASES:
        path = folder / case.name
        if report.judge_refusal(case, path):
            continue
        wanted = load_file(path / "expected.safetensors")["logits"]
        own = load_file(path / "logits.safetensors")["logits"].reshape(wanted.shape)
        difference = (own - wanted).abs().max().item()
        if difference <= TOLERANCE:
            report.equal(case.group)
        else:
            report.different(case.group, case.name, f"logits differ by {difference:.1e}")
    return report.finish()


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    main(write, judge)
