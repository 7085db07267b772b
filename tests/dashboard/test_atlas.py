"""Embedding Atlas: what it is given, what its selection means, and what nobody may ask it."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from analysis.errors import RequestError
from analysis.runs import atlas_folder
from analysis.runs.store import RunStore
from dashboard import atlas
from dashboard.components import atlas_view

ADDRESS = "`https://cdn.jsdelivr.net/npm/${Abc}@${d}/dist/`"


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    samples = pd.DataFrame(
        {
            "sample_id": [f"s{i}" for i in range(60)],
            "text": [f"if (a < {i}) <b>x</b>" for i in range(60)],
            "label": rng.integers(0, 2, 60),
            "score": rng.normal(size=60),
            "flagged": np.arange(60) >= 50,
        }
    )
    xy = rng.normal(size=(60, 2)).astype(np.float32)
    points = pd.DataFrame({"sample_id": samples["sample_id"], "x": xy[:, 0], "y": xy[:, 1]})
    points.loc[3, "x"] = np.nan  # has no place
    return samples, points.sample(frac=1.0, random_state=1), xy


@pytest.fixture
def package(tmp_path):
    """A package that is laid out as the published one."""
    folder = tmp_path / "embedding_atlas"
    assets = folder / atlas_folder.PART
    assets.mkdir(parents=True)
    (assets / "index-x.js").write_text(f"let a={ADDRESS};export{{a}}")
    static = folder / "static" / "assets"
    static.mkdir(parents=True)
    (static / "duckdb-eh-1.wasm").write_bytes(b"wasm")
    (static / "duckdb-browser-eh.worker-1.js").write_text("worker")
    return folder


def test_rows_columns_and_neighbours_are_those_of_the_placed_samples(frame):
    samples, points, xy = frame
    given = atlas.atlas_frame(samples, points)
    rows = given["row"].to_numpy()
    assert list(rows) == [i for i in range(60) if i != 3]
    assert np.array_equal(given[["x", "y"]].to_numpy(dtype=np.float32), xy[rows])
    assert {given[name].dtype for name in ("text", "label")} == {np.dtype(object)}
    assert given["text"].iloc[0] == "if (a < 0) <b>x</b>"
    for place in (0, 17, 58):
        distance = np.linalg.norm(xy[rows] - xy[rows[place]], axis=1)
        order = np.argsort(distance)[1 : atlas.NEIGHBOURS + 1]
        near = given["neighbours"].iloc[place]
        assert near["ids"] == rows[order].tolist()
        assert near["distances"] == pytest.approx(distance[order], abs=1e-5)


def test_a_selection_of_the_component_means_the_rows_that_pandas_finds(frame):
    pytest.importorskip("duckdb")
    given = atlas.atlas_frame(*frame[:2])
    score, label = given["score"], given["label"]
    asked = """((("score")::DOUBLE BETWEEN -0.5 AND 0.5) AND
        (("label")::TEXT IS NOT DISTINCT FROM '1'))"""
    expected = given["row"][score.between(-0.5, 0.5) & (label == "1")]
    assert 3 < len(expected) < 50
    assert atlas.rows_of(asked, given) == tuple(expected)
    assert atlas.rows_of('"flagged"', given) == tuple(range(50, 60))
    assert atlas.rows_of("\"text\" LIKE '%(a < 7)%' -- a remark", given) == (7,)


@pytest.mark.parametrize(
    "asked",
    [
        "1 IN (SELECT 1 FROM read_csv('{file}'))",
        "(SELECT count(*) FROM read_text('{file}')) > 0",
        "(SELECT count(*) FROM glob('{folder}/*')) > 0",
        "true); COPY dataframe TO '{folder}/out.csv'; SELECT (true",
        "true); SET enable_external_access=true; SELECT row FROM dataframe WHERE (true",
        "true); ATTACH '{folder}/x.db'; SELECT row FROM dataframe WHERE (true",
        "true); INSTALL httpfs; SELECT row FROM dataframe WHERE (true",
        "(SELECT count(*) FROM frame) > 0",
        "nonsense",
        "x" * (atlas.LONGEST + 1),
    ],
)
def test_no_condition_reads_a_file_writes_one_or_opens_the_database(frame, tmp_path, asked):
    pytest.importorskip("duckdb")
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    asked = asked.replace("{file}", str(secret)).replace("{folder}", str(tmp_path))
    with pytest.raises(RequestError, match="cannot be followed"):
        atlas.rows_of(asked, atlas.atlas_frame(*frame[:2]))
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_a_condition_that_never_ends_is_stopped(frame, monkeypatch):
    pytest.importorskip("duckdb")
    monkeypatch.setattr(atlas, "SECONDS", 0.2)
    endless = "(SELECT sum(sin(a.range)) FROM range(10000000) a, range(10000000) b) > 0"
    with pytest.raises(RequestError, match="Interrupt"):
        atlas.rows_of(endless, atlas.atlas_frame(*frame[:2]))


def test_the_page_asks_no_other_address_and_runs_no_script_of_a_sample(tmp_path, package):
    page = atlas_folder.atlas_page(tmp_path / "runs", package)
    assert "jsdelivr" not in (page / "assets" / "index-x.js").read_text()
    assert (page / "assets" / "duckdb-eh.wasm").read_bytes() == b"wasm"
    html = (page / "index.html").read_text()
    policy = dict(
        part.strip().split(" ", 1)
        for part in re.search(r'Policy" content="([^"]+)"', html).group(1).split(";")
    )
    assert policy["default-src"] == "'none'"
    assert "unsafe-inline" not in policy["script-src"]
    assert not re.search(r"https?:|\*", " ".join(policy.values()))
    assert atlas_folder.atlas_page(tmp_path / "runs", package) == page


@pytest.mark.parametrize("content", ["let a=1;", f"{ADDRESS}{ADDRESS}"])
def test_a_package_that_looks_different_is_refused_and_leaves_nothing(tmp_path, package, content):
    (package / atlas_folder.PART / "index-x.js").write_text(content)
    with pytest.raises(RequestError, match="does not look as it was published"):
        atlas_folder.atlas_page(tmp_path / "runs", package)
    assert list((tmp_path / "runs" / atlas_folder.FOLDER).iterdir()) == []


def test_without_the_package_only_a_hint_speaks_of_it(open_app, stored, monkeypatch):
    monkeypatch.setattr(atlas_view, "installed_atlas", lambda: None)
    runs, found, _ = stored
    app = open_app(runs, "embeddings", run=found, viewer="atlas")
    helps = {group.label: group.help for group in app.button_group}
    assert "Drawn by" not in helps
    assert "pip install" in helps["Method"]


def test_its_selection_is_the_selection_of_the_page(open_app, words, stored, monkeypatch, package):
    pytest.importorskip("duckdb")
    runs, found, _ = stored
    seen, answer = [], {}

    def stand_in(**given):
        seen.append(given)
        return dict(answer)

    monkeypatch.setattr(atlas_view, "installed_atlas", lambda: package)
    monkeypatch.setattr(atlas_view, "declare_component", lambda name, path: stand_in)
    app = open_app(runs, "embeddings", run=found, viewer="atlas", model="reference")
    assert "#### Selection (0)" in words(app)
    assert len(seen[-1]["data_frame"]) == len(RunStore(runs).open(found).table("samples"))
    said = json.loads(json.dumps(seen[-1]["props"]))
    assert said["data"]["id"] == "row"
    assert said["defaultChartsConfig"]["embedding"]["data"]["category"] == "flagged"
    assert {"row", "sample_id", "x"}.isdisjoint(said["defaultChartsConfig"]["include"])

    answer["predicate"] = '"flagged"'
    app.run()
    assert "#### Selection (12)" in words(app)
    next(b for b in app.button if b.label == "Clear").click().run()
    assert "#### Selection (0)" in words(app), "the same condition does not come back"
    answer["predicate"] = "1 IN (SELECT 1 FROM read_csv('x'))"
    app.run()
    assert "#### Selection (0)" in words(app)
    assert any("cannot be followed" in toast.value for toast in app.toast)
    assert not app.exception

    first = seen[-1]["key"]
    app.query_params["model"] = "suspect"
    app.run()
    assert seen[-1]["key"] != first, "another map is another component"
