"""Peak memory of extraction, which must not grow with the number of samples; prints a table.

    python tests/benchmarks/bench_memory.py --samples 10000 100000

Each row is a process of its own: a random RoBERTa (2 x 256), short texts, all layers, two
poolings, streamed to a cache on disk. "above" is the peak over what the process held with model
and samples loaded.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

TARGET_GB = 1.5


def one(n):
    sys.path.insert(0, str(Path(__file__).parents[1] / "extract"))
    import torch
    from tiny_stacks import roberta

    from analysis.extract.extract import extract
    from analysis.extract.plan import ExtractPlan, entry_key
    from analysis.records import SampleSet
    from analysis.runs.cache import ActivationCache

    torch.set_num_threads(1)
    model = roberta(width=256, layers=2)
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(60)]
    texts = tuple(" ".join(rng.choice(words, k)) for k in rng.integers(2, 30, n))
    samples = SampleSet(tuple(map(str, range(n))), texts)
    plan = ExtractPlan({"encoder": (0, 1, 2)}, ("cls", "mean"))
    process = psutil.Process()
    before, began = process.memory_info().rss, time.perf_counter()
    peak = 0

    def look(*_):
        nonlocal peak
        peak = max(peak, process.memory_info().rss)

    from analysis.behaviour.passes import Watch

    with tempfile.TemporaryDirectory() as folder, ActivationCache(Path(folder)) as cache:
        sink = cache.sink(entry_key(model, samples, plan))
        found = extract(model, samples, plan, sink, watch=Watch(progress=look))
        look()
        stored = sum(array.nbytes for array in found.activations.arrays.values())
    seconds = time.perf_counter() - began
    print(json.dumps({"n": n, "before": before, "peak": peak, "stored": stored, "s": seconds}))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--one", type=int)
    options = parser.parse_args()
    if options.one:
        one(options.one)
        return
    print("| samples | stored, GB | with model and samples, GB | peak above that, GB | seconds |")
    print("|---|---|---|---|---|")
    for n in options.samples:
        command = [sys.executable, __file__, "--one", str(n)]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        row = json.loads(run.stdout.splitlines()[-1])
        above = (row["peak"] - row["before"]) / 1e9
        print(
            f"| {n:,} | {row['stored'] / 1e9:.2f} | {row['before'] / 1e9:.2f} | {above:.2f} "
            f"(target < {TARGET_GB}) | {row['s']:.0f} |"
        )


if __name__ == "__main__":
    main()
