"""Cost of the vector detectors at CodeBERT-base's size; prints a table.

    python tests/benchmarks/bench_detectors.py --layers 13 --samples 10000 --width 768

Random vectors in two predicted classes, made one layer at a time, as an inspection reads them.
CPU seconds count all threads; on a busy machine believe them rather than the wall.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from analysis.detect.classes import score_classes
from analysis.detect.layers import SiteContext, score_site
from analysis.detect.specs import DETECTORS
from analysis.detect.trajectories import Trajectories
from analysis.records import Site


def layer(number, n, d):
    rng = np.random.default_rng(number)
    x = rng.standard_normal((n, d), dtype=np.float32)
    return x * np.geomspace(3.0, 0.05, d, dtype=np.float32)


def run(spec, arguments):
    n, d = arguments.samples, arguments.width
    groups = {"suspect": {"0": np.arange(n // 2), "1": np.arange(n // 2, n)}}
    trusted = {"0": np.arange(500), "1": np.arange(500, 1000)}
    paths, cpu, wall = Trajectories(groups), 0.0, 0.0
    for number in range(arguments.layers):
        features = {"suspect": layer(number, n, d)}
        context = SiteContext(
            trusted={"suspect": layer(100 + number, 1000, d)},
            trusted_groups={"suspect": trusted},
        )
        if spec.fits_on in ("paired", "classes"):
            features["reference"] = layer(200 + number, n, d)
            groups["reference"] = {}  # its own null costs as much again
        site, start = Site("encoder", number, "mean"), (time.process_time(), time.time())
        if spec.fits_on == "layers":
            paths.add(site, features, context)
            list(paths.scores([spec]) if number == arguments.layers - 1 else ())
        else:
            list(score_site(site, features, groups, context, [spec]))
            list(score_classes(site, features, groups, [spec]))
        cpu, wall = cpu + time.process_time() - start[0], wall + time.time() - start[1]
    return cpu, wall


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=13)
    parser.add_argument("--samples", type=int, default=10000)
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--only", default="", help="detectors, with commas between")
    arguments = parser.parse_args()
    chosen = [d for d in DETECTORS if d.fits_on != "predictions"]
    if arguments.only:
        chosen = [d for d in chosen if d.name in arguments.only.split(",")]
    print(f"{arguments.layers} layers x {arguments.samples:,} x {arguments.width}")
    print("| detector | CPU s | wall s | by default |\n|---|---|---|---|")
    total = 0.0
    for spec in chosen:
        cpu, wall = run(spec, arguments)
        total += cpu
        line = f"| {spec.name} | {cpu:.1f} | {wall:.1f} | {'yes' if spec.by_default else ''} |"
        print(line, flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"all: {total:.0f} CPU s; peak memory {peak:.1f} GiB")


if __name__ == "__main__":
    main()
