"""preprocessor_config.json as transformers' save_pretrained writes it: the numbers that a model is fed of odd
pictures, as the PIL processors make them, or a refusal.

    images.py write DIR    DIR/pictures; DIR/CASE: model/, case.json, expected.safetensors
    images.py judge DIR    after transformers_cases images DIR
"""
import json

import library_first  # noqa: F401
import numpy
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers.image_utils import load_image

from image_cases import CASES
from odd_pictures import pictures
from report import Report, main

EXACT, FREE = 1e-3, 1.0  # of 255, in the mean of a picture: of decoders without freedom, and of others


def expected(processor, path):
    values = processor(load_image(str(path)), return_tensors="np")["pixel_values"][0]
    return torch.from_numpy(numpy.ascontiguousarray(values, dtype=numpy.float32))


def in_bytes(processor):
    """By what a difference of values is multiplied to be one of a byte."""
    factor = processor.rescale_factor if processor.do_rescale else 1.0
    std = torch.tensor(processor.image_std if processor.do_normalize else [1.0] * 3)
    return std.view(-1, 1, 1) / factor


def write(folder):
    for picture in pictures():
        path = folder / "pictures" / picture.name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(picture.data)
    for case in CASES:
        path = folder / case.name
        path.mkdir()
        case.make(path / "model")
        (path / "case.json").write_text(json.dumps({"image_size": case.side}))
        if not case.refused:
            processor = case.reference(path / "model")
            values = {picture.name: expected(processor, folder / "pictures" / picture.name) for picture in pictures()}
            save_file({"factors": in_bytes(processor), **values}, path / "expected.safetensors")


class Pictures:
    """All pictures of a case: what is wrong with the first, and the greatest differences in bytes."""

    def __init__(self, case, path):
        self.wanted, self.own = load_file(path / "expected.safetensors"), load_file(path / "values.safetensors")
        self.white = case.reference(path / "model").do_convert_rgb
        self.said = json.loads((path / "refusals.json").read_text())
        self.size, self.wrong, self.mean, self.most = (3, case.side, case.side), "", 0.0, 0.0

    def judge(self, picture):
        fits = tuple(self.wanted[picture.name].shape) == self.size
        refused = picture.refused or (self.white and picture.white) or (None if fits else "becomes")
        said = self.said.get(picture.name)
        if refused:
            return None if said and refused in said else f"{picture.name} is not refused for \"{refused}\": {said}"
        if said:
            return "refused, but Cleave can read it: " + said
        difference = (self.own[picture.name] - self.wanted[picture.name]).abs() * self.wanted["factors"]
        mean = difference.mean().item()
        self.mean, self.most = max(self.mean, mean), max(self.most, difference.max().item())
        return None if mean <= (EXACT if picture.exact else FREE) else f"{picture.name} differs by {mean:.3f} of 255"


def judge(folder):
    report, mean, most = Report("images"), 0.0, 0.0
    for case in CASES:
        path = folder / case.name
        if report.judge_refusal(case, path):
            continue
        of = Pictures(case, path)
        wrong = [why for why in map(of.judge, pictures()) if why]
        mean, most = max(mean, of.mean), max(most, of.most)
        if wrong:
            report.different(case.group, case.name, f"{len(wrong)} pictures: " + "; ".join(wrong)[:400])
        else:
            report.equal(case.group)
    print(f"images: at most {mean:.3f} of 255 in the mean of a picture, {most:.1f} in a value")
    return report.finish()


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    main(write, judge)
