import subprocess
import sys
from pathlib import Path

from synthetic_run import Shape, write_run

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "transformers", "sklearn", "scipy", "umap", "openTSNE")

PROGRAM = """
import sys
from streamlit.testing.v1 import AppTest
sys.argv = ["app.py", "--runs", sys.argv[1]]
app = AppTest.from_file("dashboard/app.py", default_timeout=60).run()
for screen in ("overview", "embeddings", "attention", "anomalies"):
    app.switch_page(f"views/{screen}.py").run()
    assert not app.exception, app.exception
print(sorted(name for name in sys.modules if name.partition(".")[0] in %r))
"""


def test_no_screen_loads_a_learning_library(tmp_path):
    write_run(tmp_path, Shape(n=60, poisoned=5, layers=3))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM % (HEAVY,), str(tmp_path)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "[]"
