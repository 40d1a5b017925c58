"""The settings of the sweep: what each image processor does by itself, each key, old forms of files, and a
random sample of all of it."""
import json
import random

import transformers

from settings import setting

KNOWN = ("ViT", "DeiT", "Beit", "Bit", "CLIP")
CASES = []


def processor_class(name):
    return getattr(transformers, name + "ImageProcessorPil")


class Case:
    """`keys` go to the processor's class; `change(config)` edits the file. `side`: what the model takes.
    `refused`: what Cleave's refusal must name; None: it must take the file."""

    def __init__(self, processor, group, name, side=224, refused=None, change=None, **keys):
        self.processor, self.group = processor, group
        self.name = f"{processor}-{group}-{name}".replace(" ", "-")
        self.side, self.refused, self.change, self.keys = side, refused, change, keys

    def make(self, folder):
        processor_class(self.processor)(**self.keys).save_pretrained(folder)
        if self.change:
            path = folder / "preprocessor_config.json"
            config = json.loads(path.read_text())
            self.change(config)
            path.write_text(json.dumps(config))

    def reference(self, folder):
        return processor_class(self.processor).from_pretrained(folder)


def add(*args, **keys):
    CASES.append(Case(*args, **keys))


def square(side):
    return {"height": side, "width": side}


def chosen(source):
    """One of all settings, and what the model takes by them: None where no square comes out."""
    keys = {"do_resize": source.random() < 0.8, "do_center_crop": source.random() < 0.5,
            "do_rescale": source.random() < 0.8, "do_normalize": source.random() < 0.8, "resample": source.randrange(6),
            "rescale_factor": source.choice([1 / 255, 1 / 127.5, 0.01, 1.0])}
    keys["image_mean"] = [round(source.random(), 3) for _ in range(3)]
    keys["image_std"] = [round(0.1 + source.random(), 3) for _ in range(3)]
    side, crop = source.choice([16, 31, 48, 64, 97]), source.choice([16, 33, 48, 80])
    keys["size"] = source.choice([square(side), {"shortest_edge": side}, {"height": side, "width": side + 9}])
    keys["crop_size"] = square(crop) if source.random() < 0.9 else {"height": crop, "width": crop + 5}
    if keys["do_center_crop"]:
        return keys, crop if keys["crop_size"]["width"] == crop else None, "crop_size"
    if keys["do_resize"]:
        return keys, None if keys["size"].get("width", side) != side else side, "size"
    return keys, 48, ""


for name in KNOWN:
    add(name, "default", "all")
    for resample in range(6):
        add(name, "resample", str(resample), resample=resample)
    add(name, "form", "old type", change=lambda config, name=name: config.update(
        feature_extractor_type=name + "FeatureExtractor", image_processor_type=None))
    add(name, "form", "few keys", change=lambda config: [config.pop(key) for key in list(config)
                                                        if key != "image_processor_type"])
add("ViT", "form", "number", side=40, change=setting(size=40))
add("ViT", "form", "list", side=40, change=setting(size=[40, 40]))
add("CLIP", "form", "number", side=40, change=setting(size=48, crop_size=40))
add("DeiT", "form", "one mean", change=setting(image_mean=[0.1, 0.1, 0.1], image_std=[2, 2, 2]))
add("ViT", "refused", "longest", side=40, refused="size", change=setting(size={"shortest_edge": 40, "longest_edge": 60}))
add("ViT", "refused", "at most", side=40, refused="size", change=setting(size={"max_height": 40, "max_width": 40}))
add("ViT", "refused", "pad", refused="do_pad", do_pad=True, pad_size=square(300))
add("ViT", "refused", "other size", side=384, refused="size")
add("ViT", "refused", "unknown", refused="crop_pct", change=setting(crop_pct=0.9))

SOURCE = random.Random(7)
for number in range(60):
    options, side, what = chosen(SOURCE)
    add(SOURCE.choice(KNOWN), "random", str(number), side=side or 48, refused=None if side else what, **options)

# What other families do is not read.
for other in sorted(dir(transformers)):
    name = other.removesuffix("ImageProcessorPil")
    if name != other and name not in KNOWN:
        add(name, "other", "all", refused="image_processor_type")
