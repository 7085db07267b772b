"""One inspection of a shipped pair, shared by the tests that only look at it."""

from dataclasses import replace

import pytest
from shipped_pair import CLEAN, OTHER, QUICK, SUSPECT

from analysis.data.shipped import shipped_samples
from analysis.data.write import write_samples
from analysis.pipeline.demo import shipped_model
from analysis.pipeline.inspect import inspect
from analysis.pipeline.settings import InspectRequest
from analysis.runs.store import RunStore


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Role -> sample file of the poisoned model, cut once."""
    folder = tmp_path_factory.mktemp("samples")
    found = {}
    for role, limit in (("train", 900), ("test", None), ("triggered", 200), ("trusted", 200)):
        found[role] = folder / f"{role}.jsonl"
        write_samples(shipped_samples(role, SUSPECT, limit=limit), found[role])
    return found


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    return RunStore(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session")
def ask(files):
    """Build a request; the poisoned pair unless told otherwise."""

    def build(suspect=SUSPECT, reference=CLEAN, config=QUICK, **changes):
        request = InspectRequest(
            suspect=str(shipped_model(suspect)),
            reference=None if reference is None else str(shipped_model(reference)),
            samples=files["train"],
            config=config,
            origins={},
        )
        return replace(request, **changes)

    return build


@pytest.fixture(scope="session")
def run(ask, store, files):
    """The poisoned pair, with every optional file and a control."""
    request = ask(
        trusted=files["trusted"],
        test=files["test"],
        triggered=files["triggered"],
        controls=(str(shipped_model(OTHER)),),
    )
    return inspect(request, store)
