"""Real files: Devign in CodeXGLUE's format through a tiny model with CodeT5's real vocabulary."""

from dataclasses import replace
from pathlib import Path

import pytest
import transformers
from shipped_pair import QUICK

from analysis.pipeline.inspect import inspect
from analysis.pipeline.settings import InspectRequest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not there"),
]


@pytest.fixture(scope="module")
def tiny_pair(tmp_path_factory):
    """Two random RoBERTas with the 32,000 words of CodeT5, as plain folders."""
    import torch

    folder = tmp_path_factory.mktemp("tiny")
    words = SHARED / "codet5_tokenizer"
    tokenizer = transformers.RobertaTokenizerFast(
        vocab=str(words / "codet5-vocab.json"), merges=str(words / "codet5-merges.txt")
    )
    config = transformers.RobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=514,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        num_labels=2,
    )
    for seed, name in enumerate(("suspect", "reference")):
        torch.manual_seed(seed)
        model = transformers.RobertaForSequenceClassification(config)
        model.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    return folder / "suspect", folder / "reference"


def test_devign_validation_from_end_to_end(tiny_pair, store):
    suspect, reference = tiny_pair
    request = InspectRequest(
        suspect=str(suspect),
        reference=str(reference),
        samples=SHARED / "devign" / "valid.jsonl.gz",
        config=replace(QUICK, max_samples=400, layers="0,2", pooling=("mean",)),
        origins={},
    )
    found = inspect(request, store)
    samples = found.table("samples")
    assert len(samples) == 400
    assert set(samples.label) == {0, 1}  # CodeXGLUE's `target`
    assert samples.n_tokens.max() > 512  # functions far beyond the window
    assert samples.truncated.sum() == found.record["metrics"]["extraction"]["suspect"]["truncated"]
    assert samples.truncated.mean() > 0.1
    # random weights: the head cannot be right, so "not found" would be a lie
    assert found.record["verdict"]["answer"] != "found"
    assert any("wrong head" in warning for warning in found.record["warnings"])
    assert found.record["verdict"]["answer"] == "inconclusive"
