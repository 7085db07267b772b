"""Every stage of a long work that a progress bar names is said in Japanese, too."""

import ast
from pathlib import Path

import pytest

from analysis.report.text.spoken import speaking, told

ROOT = Path(__file__).parents[2] / "analysis"
WRITERS = ("progress", "listener")  # how a stage is named in the source
MADE_OF_PARTS = (
    "Running Deep repair",
    "Trying NPO",
    "Searching a line that turns samples to class 0",
    "Taking 120 samples apart: 1,369 forward passes, about 3 s",
    "28 fits (21 of them known from earlier audits) and 16,160 forward passes, about 20 s",
    "Reading 1 model x 2,500 samples on cpu in bf16 takes about 10 s, nothing where it is cached",
)


def stages():
    """Texts given to a progress call; what is computed into one stands as a number."""
    for path in sorted(ROOT.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or not call.args:
                continue
            name = getattr(call.func, "attr", None) or getattr(call.func, "id", "")
            text = call.args[0]
            if name not in WRITERS:
                continue
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.value
            elif isinstance(text, ast.JoinedStr) and isinstance(text.values[0], ast.Constant):
                parts = (v.value if isinstance(v, ast.Constant) else "2" for v in text.values)
                yield "".join(map(str, parts))


def test_the_source_is_read():
    assert {"Reading samples", "Writing the cleaned model"} <= set(stages())


@pytest.mark.parametrize("stage", sorted({*stages(), *MADE_OF_PARTS}))
def test_a_stage_is_said_in_japanese(stage):
    stage = stage.replace("model2 x", "models x")  # "model", or "models" for two
    with speaking("ja"):
        said = told(stage)
    assert any(ord(sign) > 0x2E80 for sign in said)
    assert "原文" not in said
