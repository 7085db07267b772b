"""Speed of extraction at CodeBERT-base's shape, against what people run today; prints a table.

    python tests/benchmarks/bench_extraction.py --samples 96 --threads 1
    python tests/benchmarks/bench_extraction.py --samples 2048 --device cuda

Random weights (12 x 768), functions of the standard library, CodeT5's real tokenizer (needs
../shared/data). All ways run in one process on the same samples, threads and device; best of
`--repeat`, tokenizing included. Wall seconds suffer from other work on the machine, CPU seconds
(all threads together) hardly do: on a busy machine believe the CPU column. On a GPU the ratios
are of wall seconds, because the processor only waits there.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import logging
import random
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import transformers

from analysis.behaviour.batches import default_budget
from analysis.behaviour.placed import FusedLinear, placed
from analysis.config import InspectConfig
from analysis.extract.device import choose_device
from analysis.extract.extract import extract
from analysis.extract.plan import ExtractPlan
from analysis.extract.sink import MemorySink
from analysis.models.open import open_model
from analysis.records import SampleSet

TOKENIZER = Path(__file__).parents[3] / "shared/data/codet5_tokenizer"
LAYERS, WIDTH = 12, 768


def functions(n, seed=0):
    """Functions of 100-3,000 characters, cut from the standard library."""
    found = []
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        source = path.read_text(encoding="utf-8", errors="ignore")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                text = ast.get_source_segment(source, node) or ""
                if 100 <= len(text) <= 3000:
                    found.append(text)
    return random.Random(seed).sample(found, n)


def build(folder):
    torch.manual_seed(0)
    tokenizer = transformers.RobertaTokenizerFast(
        vocab=str(TOKENIZER / "codet5-vocab.json"), merges=str(TOKENIZER / "codet5-merges.txt")
    )
    tokenizer.model_max_length = 512
    config = transformers.RobertaConfig(
        vocab_size=50265,
        num_hidden_layers=LAYERS,
        hidden_size=WIDTH,
        max_position_embeddings=514,
        type_vocab_size=1,
        pad_token_id=tokenizer.pad_token_id,
        num_labels=2,
    )
    transformers.RobertaForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return tokenizer


def mean_pool(hidden, mask):
    mask = mask[..., None].to(hidden.dtype)
    return (hidden * mask).sum(1) / mask.sum(1)


def device_of(module):
    return next(module.parameters()).device


def plain_loop(module, tokenizer, texts):
    """What a notebook does: batches of 8 in file order, padded to the longest, all layers."""
    rows = []
    for low in range(0, len(texts), 8):
        batch = tokenizer(
            texts[low : low + 8],
            padding=True,
            truncation=True,
            max_length=512,
            return_tensors="pt",
        ).to(device_of(module))
        with torch.no_grad():
            states = module(**batch, output_hidden_states=True).hidden_states
        pooled = [s[:, 0].cpu().numpy() for s in states]
        pooled += [mean_pool(s, batch["attention_mask"]).cpu().numpy() for s in states]
        rows.append(np.stack(pooled))
    return np.concatenate(rows, axis=1)


def sentence_transformers_loop(folder, module, tokenizer):
    """The package itself where it is installed, else the same steps: sorted, batch 32, mean."""
    if importlib.util.find_spec("sentence_transformers"):
        from sentence_transformers import SentenceTransformer, models

        word = models.Transformer(str(folder), max_seq_length=512)
        pooling = models.Pooling(WIDTH, pooling_mode="mean")
        encoder = SentenceTransformer(modules=[word, pooling], device=str(device_of(module)))
        name = "sentence-transformers encode, fp32, last layer only"
        return name, lambda texts: encoder.encode(texts, batch_size=32, show_progress_bar=False)

    def run(texts):
        order = np.argsort([-len(text) for text in texts])
        rows = [None] * len(texts)
        for low in range(0, len(texts), 32):
            picks = order[low : low + 32]
            batch = tokenizer(
                [texts[i] for i in picks],
                padding=True,
                truncation=True,
                max_length=512,
                return_tensors="pt",
            ).to(device_of(module))
            with torch.no_grad():
                last = module(**batch).last_hidden_state
            for i, row in zip(picks, mean_pool(last, batch["attention_mask"]), strict=True):
                rows[i] = row.cpu().numpy()
        return np.stack(rows)

    return "steps of sentence-transformers encode (not installed), fp32, last layer only", run


def ours(model, texts, dtype, device):
    samples = SampleSet(tuple(map(str, range(len(texts)))), tuple(texts))
    sites = {"encoder": tuple(range(LAYERS + 1))}
    plan = ExtractPlan(sites, ("cls", "mean"), device=device, dtype=dtype)
    return extract(model, samples, plan, MemorySink()).activations


def timed(run, repeat):
    """Best wall seconds and best CPU seconds."""
    walls, cpus = [], []
    for _ in range(repeat):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return min(walls), min(cpus)


def matmul_peak(dtype, device, repeat=5):
    """GFLOP/s per wall and per CPU second at the model's own shapes, by their share of FLOPs.

    The faster of torch's linear layer and oneDNN's fused one, each at its best of `repeat`.
    """
    work = wall_sum = cpu_sum = 0.0
    tokens = default_budget(device)
    for wide, narrow, count in ((WIDTH, WIDTH, 4), (WIDTH, 4 * WIDTH, 1), (4 * WIDTH, WIDTH, 1)):
        layers = [torch.nn.Linear(wide, narrow).to(device, dtype) for _ in range(2)]
        layers[1].__class__ = torch.nn.Linear if device.type != "cpu" else FusedLinear
        x = torch.randn(tokens, wide).to(device, dtype)
        with torch.inference_mode():
            times = [timed(lambda each=each, x=x: each(x), repeat + 1) for each in layers]
        work += count * 2 * tokens * wide * narrow / 1e9
        wall_sum += count * min(t[0] for t in times)
        cpu_sum += count * min(t[1] for t in times)
    return work / wall_sum, work / cpu_sum


def flops(lengths):
    """Of the blocks, for the tokens that count: projections, and scores and sums of attention."""
    lengths = np.asarray(lengths, dtype=np.float64)
    return LAYERS * (24 * WIDTH**2 * lengths.sum() + 4 * WIDTH * (lengths**2).sum())


def measure(options, folder):
    tokenizer = build(folder)
    texts = functions(options.samples)
    choice = choose_device(InspectConfig(device=options.device))
    device = choice.device
    base = transformers.RobertaModel.from_pretrained(folder, add_pooling_layer=False)
    base = base.eval().to(device)
    st_name, st_run = sentence_transformers_loop(folder, base, tokenizer)
    model = open_model(str(folder), InspectConfig())
    lengths = [len(ids) for ids in model.encode(texts).ids]
    print(
        f"{len(texts)} functions, {np.mean(lengths):.0f} tokens on average, up to {max(lengths)}; "
        f"{options.threads} thread(s); {choice.reason}"
    )
    ways = [
        (
            "plain transformers loop, batch 8, unsorted, fp32, 13 layers",
            None,
            lambda t: plain_loop(base, tokenizer, t),
        ),
        (st_name, None, st_run),
    ]
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        ready = placed(model, device, dtype)  # the others are on the device already, too
        ways.append(
            (
                f"kenshin, {name}, 13 layers",
                dtype,
                lambda t, ready=ready, dtype=dtype: ours(ready, t, dtype, device),
            )
        )
    work = flops(lengths) / 1e9
    results = []
    for name, dtype, run in ways:
        run(texts[:8])
        peak = matmul_peak(dtype, device) if dtype else None
        results.append((name, peak, timed(lambda run=run: run(texts), options.repeat)))
        print(f"{name}: {results[-1][2][1]:.1f} CPU s", file=sys.stderr, flush=True)
    print(
        "\n| way | samples/s | per CPU second | against plain | against s-t | matmul peak share |"
    )
    print("|---|---|---|---|---|---|")
    which = 1 if device.type == "cpu" else 0
    plain, sentence = results[0][2][which], results[1][2][which]
    for name, peak, times in results:
        own = times[which]
        share = f"{work / own / peak[which]:.2f} of {peak[which]:.0f} GFLOP/s" if peak else ""
        print(
            f"| {name} | {len(texts) / times[0]:.1f} | {len(texts) / times[1]:.1f} "
            f"| {plain / own:.1f}x | {sentence / own:.1f}x | {share} |"
        )
    a = ours(model, texts[:32], torch.float32, device).arrays
    b = ours(model, texts[:32], torch.bfloat16, device).arrays
    worst = min(
        float(((x * b[s]).sum(1) / np.linalg.norm(x, axis=1) / np.linalg.norm(b[s], axis=1)).min())
        for s, x in a.items()
    )
    print(
        f"\nratios by {('wall', 'CPU')[which]} seconds; worst cosine of bf16 to fp32 over samples "
        f"and sites: {worst:.5f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=96)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=2)
    options = parser.parse_args()
    if not TOKENIZER.is_dir():
        sys.exit("this benchmark needs ../shared/data/codet5_tokenizer beside the project")
    torch.set_num_threads(options.threads)
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        measure(options, Path(folder))


if __name__ == "__main__":
    main()
