"""The rates that experiments/sst2/rates chose."""

import json

from common.jobs import REPOSITORY, require

RATES = REPOSITORY / "experiments" / "results" / "sst2_rates.json"


def best_rates():
    require(RATES, "run experiments/sst2/rates first")
    best = json.loads(RATES.read_text())["best"]
    return {"optimizer.lr_prompt": best["lr_prompt"], "optimizer.lr_tail": best["lr_tail"]}
