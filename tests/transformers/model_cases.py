"""The model folders of the sweep. Each is one change of one family's default."""
from model_case import NAMES, Case

CASES = []


def add(*args, **keys):
    CASES.append(Case(*args, **keys))


for family in NAMES:
    for labels in (2, 3, 7):
        add(family, "labels", str(labels), num_labels=labels)
