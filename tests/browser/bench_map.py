"""Print how long the first map and a change of layer take; run it alone: python bench_map.py."""

# ruff: noqa: T201
from __future__ import annotations

import importlib.util
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
SWAP = """async () => {
  const find = (root) => {
    for (const e of root.querySelectorAll('*')) {
      if (e.classList.contains('k-root')) return e;
      const inner = e.shadowRoot && find(e.shadowRoot);
      if (inner) return inner;
    }
  };
  const range = find(document).querySelector('input[type=range]'), times = [];
  for (let i = 0; i < 12; i++) {
    const began = performance.now();
    range.value = (Number(range.value) + 5) % 13;
    range.dispatchEvent(new Event('input'));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    times.push(performance.now() - began);
    await new Promise((done) => setTimeout(done, 400));
  }
  return times;
}"""


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def main():
    synthetic = load(HERE.parent / "dashboard" / "synthetic_run.py")
    browser_tools = load(HERE / "conftest.py")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        runs = Path(folder) / "runs"
        shapes = [synthetic.Shape(n=n, poisoned=n // 25, layers=13) for n in (5000, 20_000)]
        stored = [(shape.n, synthetic.write_run(runs, shape)) for shape in shapes]
        chromium = playwright.chromium.launch(
            executable_path=browser_tools.CHROMIUM, args=browser_tools.FLAGS
        )
        print(
            "| points | first map, cold server | warm, new browser | layer change, median / max |"
        )
        print("|---|---|---|---|")
        for n, run in stored:
            server = browser_tools.Server(runs, Path(folder) / "log")
            cold, _ = visit(chromium, server, run)
            warm, swaps = visit(chromium, server, run)
            server.stop()
            print(f"| {n:,} | {cold:.2f} s | {warm:.2f} s ", end="")
            print(f"| {median(swaps):.0f} / {max(swaps):.0f} ms |")
        chromium.close()


def visit(chromium, server, run):
    context = chromium.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    began = time.perf_counter()
    page.goto(f"{server.url}/embeddings?run={run}")
    page.wait_for_selector(".k-root[data-layer]", timeout=90_000)
    first = time.perf_counter() - began
    page.wait_for_timeout(1500)
    swaps = page.evaluate(SWAP)
    context.close()
    return first, swaps


if __name__ == "__main__":
    main()
