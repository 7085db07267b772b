"""A pickle becomes a model that can be inspected, by buttons alone, in a real browser."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from analysis.behaviour.predict import predict
from analysis.config import InspectConfig
from analysis.data.shipped import shipped_samples
from analysis.models.open import open_model
from analysis.pipeline.demo import shipped_model

MINUTES = 60_000
SOURCE = Path(shipped_model("codebert-mini-dead-5"))


@pytest.fixture
def strangers(tmp_path):
    """CodeXGLUE's `model.bin` of a shipped model, and the folder it was trained from."""
    base, state = tmp_path / "base", load_file(SOURCE / "model.safetensors")
    shutil.copytree(SOURCE, base, ignore=shutil.ignore_patterns("*.safetensors"))
    (tmp_path / "saved").mkdir()
    torch.save({f"encoder.{n}": t for n, t in state.items()}, tmp_path / "saved" / "model.bin")
    return tmp_path


def test_a_pickle_is_converted_and_says_the_same(page, serve, strangers):
    server = serve(strangers / "runs")
    page.goto(server.url)
    page.get_by_text("Convert a pickle checkpoint").click()
    page.get_by_role("textbox", name="Checkpoint").fill(str(strangers / "saved" / "model.bin"))
    page.get_by_role("textbox", name="Base folder (optional)").fill(str(strangers / "base"))
    page.get_by_role("textbox", name="New folder").fill(str(strangers / "converted"))
    page.get_by_role("button", name="Convert", exact=True).click()
    page.get_by_text("The conversion has started").wait_for()
    page.get_by_text("RobertaForSequenceClassification").wait_for(timeout=3 * MINUTES)
    page.get_by_text("trained on one-line code").wait_for()

    texts = shipped_samples("test", limit=20).texts
    made, original = (
        predict(open_model(str(folder), InspectConfig()), texts)
        for folder in (strangers / "converted", SOURCE)
    )
    assert abs(made - original).max() == 0
