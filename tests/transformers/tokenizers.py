"""Tokenizer folders as transformers' save_pretrained writes them: the ids of odd texts, or a refusal.

    tokenizers.py write DIR    DIR/CASE: model/, texts.json, expected.json
    tokenizers.py judge DIR    after transformers_cases tokenizers DIR
"""
import json

import library_first  # noqa: F401
import transformers

from odd_texts import inputs
from report import Report, main
from tokenizer_cases import CASES


def expected(tokenizer, texts):
    # As batches: beside a single text, transformers takes an empty second one for none.
    return [tokenizer([text], second if second is None else [second], truncation=True, max_length=length)["input_ids"][0]
            for text, second, length in texts]


def write(folder):
    for case in CASES:
        path = folder / case.name
        path.mkdir()
        case.make(path / "model")
        texts = inputs(case.pairs)
        (path / "texts.json").write_text(json.dumps(texts))
        if not case.refused:
            tokenizer = transformers.AutoTokenizer.from_pretrained(path / "model")
            (path / "expected.json").write_text(json.dumps(expected(tokenizer, texts)))


def judge(folder):
    report = Report("tokenizers")
    for case in CASES:
        path = folder / case.name
        if report.judge_refusal(case, path):
            continue
        texts, wanted, own = (json.loads((path / name).read_text()) for name in ("texts.json", "expected.json", "ids.json"))
        wrong = [i for i in range(len(texts)) if wanted[i] != own[i]]
        if wrong:
            i = wrong[0]
            report.different(case.group, case.name, f"{len(wrong)} texts, the first {texts[i]!r:.200}: {wanted[i]!s:.200}, not {own[i]!s:.200}")
        else:
            report.equal(case.group)
    return report.finish()


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    main(write, judge)
