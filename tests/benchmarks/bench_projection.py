"""Time and believability of the maps; prints tables, decides nothing.

    OMP_NUM_THREADS=1 python tests/benchmarks/bench_projection.py [--threads 1] [--points 10000]

First table: t-SNE of openTSNE against scikit-learn on points x 50, same vectors, same run, same
threads. Second: what one site of 3,000 samples x 2 models of width 768 costs per method.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import openTSNE
import sklearn.manifold
from threadpoolctl import threadpool_limits

from analysis.project.config import MapConfig
from analysis.project.knn import nearest_others
from analysis.project.quality import continuity, measure_space, trustworthiness
from analysis.project.stability import pick
from analysis.project.stage import draw, gather
from analysis.project.tsne import fit_tsne
from analysis.records import Site


def clouds(n: int, d: int, seed: int = 0) -> np.ndarray:
    """Ten overlapping groups with falling variances, (n, d) float32."""
    generator = np.random.default_rng(seed)
    spread = (1 + np.arange(d)) ** -0.7
    centres = generator.normal(size=(10, d)) * spread * 2
    points = generator.normal(size=(n, d)) * spread
    return (points + centres[generator.integers(0, 10, n)]).astype(np.float32)


def timed(task: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    begin = time.perf_counter()
    result = np.asarray(task())
    return time.perf_counter() - begin, result


def compare_tsne(points: int, threads: int) -> None:
    data = clouds(points, 50)
    config = MapConfig(method="tsne", threads=threads)

    def ours() -> np.ndarray:
        return fit_tsne(data, nearest_others(data, int(3 * config.perplexity)), config)

    tasks = {
        "scikit-learn, defaults (1,000 iterations)": lambda: sklearn.manifold.TSNE(
            n_jobs=threads, random_state=0
        ).fit_transform(data),
        "openTSNE, 250 + 750 iterations": lambda: openTSNE.TSNE(
            n_iter=750, n_jobs=threads, random_state=0
        ).fit(data),
        "openTSNE, defaults (250 + 500)": lambda: openTSNE.TSNE(n_jobs=threads, random_state=0).fit(
            data
        ),
        "Kenshin's map (openTSNE, 150 + 250)": ours,
    }
    some = pick(points, 2000, 0)
    original = measure_space(data[some], 15)
    print(f"\nt-SNE, {points:,} x 50, {threads} thread(s)")
    print(f"{'way':44} {'seconds':>8} {'speed':>6} {'trust':>6} {'contin.':>7}")
    base = None
    for name, task in tasks.items():
        seconds, drawn = timed(task)
        base = base or seconds
        mapped = measure_space(drawn[some], 15)
        trust, kept = trustworthiness(original, mapped), continuity(original, mapped)
        speed = f"{base / seconds:.2f}x"
        print(f"{name:44} {seconds:8.1f} {speed:>6} {trust:6.3f} {kept:7.3f}", flush=True)


def cost_per_site(samples: int, threads: int) -> None:
    reference = clouds(samples, 768)
    suspect = reference + 0.1 * clouds(samples, 768, seed=1)
    site, config = Site("encoder", 12, "cls"), MapConfig(threads=threads)
    print(f"\none site, {samples:,} samples x 2 models x 768, {threads} thread(s)")
    print(f"{'step':44} {'seconds':>8}")
    begin = time.perf_counter()
    material = gather(reference, suspect, site, np.arange(samples), config)
    print(f"{'read, join, components, original distances':44} {time.perf_counter() - begin:8.2f}")
    begin = time.perf_counter()
    _ = material.cloud.neighbours
    print(f"{'neighbour graph (t-SNE and UMAP share it)':44} {time.perf_counter() - begin:8.2f}")
    for name in ("pca", "tsne", "umap", "umap"):
        begin = time.perf_counter()
        fitted = draw(material, replace(config, method=name)).fitted
        seconds = time.perf_counter() - begin
        print(f"{f'{name}: fit and judge':44} {seconds:8.2f}", flush=True)
        begin = time.perf_counter()
        fitted.place(suspect + np.float32(0.01))
        seconds = time.perf_counter() - begin
        print(f"{f'{name}: place {samples:,} new points':44} {seconds:8.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--samples", type=int, default=3_000)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    with threadpool_limits(options.threads):
        cost_per_site(options.samples, options.threads)
        compare_tsne(options.points, options.threads)


if __name__ == "__main__":
    main()
