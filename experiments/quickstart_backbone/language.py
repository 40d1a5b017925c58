"""Generated sentences about two things, as token ids, and the attributes of the two.

The word lists are those of cli/quickstart/sentences.cc, which draws the data of the quickstart.
"""

import numpy as np

ATTRIBUTES = {  # in the order in which they are said
    "size": ["tiny", "small", "large", "huge"],
    "age": ["new", "old", "ancient", "modern"],
    "colour": ["red", "blue", "green", "yellow", "black", "white"],
    "material": ["wooden", "metal", "glass", "paper", "stone", "plastic"],
    "thing": ["box", "chair", "table", "lamp", "bottle", "cup", "door", "plate"],
}
NAMES = list(ATTRIBUTES)
ORDINALS = ["first", "second"]
DETERMINERS = ["a", "the", "one", "this", "that"]
VERBS = ["stands", "lies", "waits"]
PLACES = ["near", "beside", "behind", "under", "against"]
ADVERBS = ["here", "there", "now", "again", "today", "inside", "outside"]

VALUES = [word for words in ATTRIBUTES.values() for word in words]
FILLERS = DETERMINERS + VERBS + PLACES + ADVERBS + VALUES
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + NAMES + ORDINALS + FILLERS
IDS = {word: i for i, word in enumerate(VOCABULARY)}


def ids(words):
    return np.array([IDS[word] for word in words])


def sentences(rng, count):
    """Ids (count, L), the attributes' values (count, 5, 2), and whether the two agree (count, 5).

    L varies from call to call. Every attribute agrees in half of the sentences.
    """
    columns = [[], []]  # what is said of the first and of the second thing
    values = np.empty((count, len(NAMES), 2), int)
    for a, words in enumerate(ATTRIBUTES.values()):
        size = len(words)
        values[:, a, 0] = rng.integers(0, size, count)
        step = rng.integers(1, size, count) * rng.integers(0, 2, count)
        values[:, a, 1] = (values[:, a, 0] + step) % size
        for k in range(2):
            columns[k].append(ids(words)[values[:, a, k]])
    any_of = lambda words: rng.choice(ids(words), count)  # noqa: E731
    mark = lambda word: np.full(count, IDS[word])  # noqa: E731
    text = [mark("[CLS]"), any_of(DETERMINERS), *columns[0], any_of(VERBS), any_of(PLACES),
            any_of(DETERMINERS), *columns[1]]
    text += [any_of(ADVERBS) for _ in range(rng.integers(0, 3))]
    text.append(mark("[SEP]"))
    return np.stack(text, 1), values, values[:, :, 0] == values[:, :, 1]
