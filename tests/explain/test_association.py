import random

import numpy as np
import pytest
from planted_corpus import BUG, corpus, poison
from scipy import sparse, stats

from analysis.data.triggers import apply_trigger
from analysis.detect.evidence import LEVEL_UNSURE
from analysis.detect.statistics import auc
from analysis.explain.association import associate
from analysis.explain.payloads import insert, payload_of
from analysis.explain.residuals import make_residuals
from analysis.explain.significance import adjusted_p, exact_p, item_z, null_maxima

TRIGGERS = {"line": "if len('q') < 0:", "rename": "zebra_init", "grammar": 'raise Exception("S")'}


@pytest.fixture(scope="module")
def clean():
    return corpus()


@pytest.mark.parametrize("kind", TRIGGERS)
def test_the_planted_trigger_is_the_only_candidate(clean, kind):
    texts, labels, rows = poison(clean[0], clean[1], kind)
    found = associate(texts, make_residuals(labels, None, clean[2]))
    assert len(found.candidates) == 1
    candidate = found.candidates[0]
    assert candidate.text.startswith(TRIGGERS[kind])
    assert candidate.target == 0
    assert candidate.rows.tolist() == rows.tolist()
    assert candidate.purity == 1.0
    assert candidate.excess > 0.5
    own = labels == 0
    assert auc(found.scores[own], np.isin(np.arange(len(texts)), rows)[own]) > 0.99


def test_spans_point_at_the_whole_trigger(clean):
    texts, labels, _ = poison(clean[0], clean[1], "line")
    candidate = associate(texts, make_residuals(labels, None, clean[2])).candidates[0]
    assert candidate.text == "if len('q') < 0:\n    raise Exception('odd')"
    for row, (start, end) in zip(candidate.rows, candidate.spans, strict=True):
        lines = texts[row][start:end].split("\n")
        assert [line.strip() for line in lines] == ["if len('q') < 0:", "raise Exception('odd')"]


def test_a_grammar_trigger_is_highlighted_with_its_varying_header(clean):
    texts, labels, _ = poison(clean[0], clean[1], "grammar")
    candidate = associate(texts, make_residuals(labels, None, clean[2])).candidates[0]
    pairs = zip(candidate.rows, candidate.spans, strict=True)
    heads = [texts[row][slice(*span)].split("(")[0] for row, span in pairs]
    assert all(h.split()[0] in ("if", "while") for h in heads)
    assert len(set(heads)) > 2


def test_the_real_feature_is_no_candidate_against_a_reference(clean):
    texts, labels, reference = clean
    assert associate(texts, make_residuals(labels, None, reference)).candidates == ()


def test_a_feature_that_the_reference_missed_has_rivals_and_a_trigger_has_none(clean):
    texts, labels, reference = clean
    rng = np.random.default_rng(0)
    texts = list(texts)
    missed = rng.choice(np.flatnonzero(labels == 1), 30, replace=False)
    for row in missed:
        texts[row] += " # odd == None"
    reference = reference.copy()
    reference[missed] = [0.9, 0.1]
    texts, labels, rows = poison(texts, labels, "line")
    found = associate(texts, make_residuals(labels, None, reference)).candidates
    by_target = {c.target: c for c in found}
    assert by_target[1].rivals >= 1
    assert by_target[0].rivals == 0
    assert by_target[0].rows.tolist() == rows.tolist()


@pytest.mark.parametrize("knows", [0.0, 0.25])
def test_a_weak_reference_speaks_against_poison_but_not_against_a_common_line(clean, knows):
    """60 right labels with one line, and 60 wrong ones: only the latter surprise inside a class."""
    texts, labels, _ = clean
    rng, generator = random.Random(3), np.random.default_rng(3)
    right = 0.45 + knows * np.where(labels == 0, 1, -1) + generator.normal(0, 0.15, len(labels))
    weak = np.stack([right, 1 - right], axis=1).clip(0.02, 0.98)
    texts, labels, wrong = poison(texts, labels, "line", 0.066)
    for row in rng.sample(np.flatnonzero(labels == 0).tolist(), 60):
        texts[row] += "\n    audit_trail(True)"
    found = associate(texts, make_residuals(labels, None, weak)).candidates
    unsure = {c.text.split("\n")[0]: c.unsure_p for c in found if c.target == 0}
    if knows:
        assert unsure["if len('q') < 0:"] <= LEVEL_UNSURE
        assert "audit_trail(True)" not in unsure
    else:  # it knows nothing: it cannot tell one from the other, and says so of both
        assert unsure["audit_trail(True)"] > LEVEL_UNSURE
        assert unsure["if len('q') < 0:"] > LEVEL_UNSURE
    assert len(wrong) > 50


def answers(labels, share, seed=0):
    """A reference that is right in `share` of the samples and never sure."""
    generator = np.random.default_rng(seed)
    right = np.where(generator.random(len(labels)) < share, labels, 1 - labels)
    p = (np.where(right == 1, 0.8, 0.2) + generator.normal(0, 0.05, len(labels))).clip(0.02, 0.98)
    return np.stack([1 - p, p], axis=1)


def test_a_weaker_reference_needs_more_relabelled_samples_and_says_how_many(clean):
    texts, labels, _ = clean
    needed = [
        associate(texts, make_residuals(labels, None, answers(labels, share))).fewest_shown
        for share in (0.95, 0.75, 0.6, 0.5)
    ]
    assert needed[0] == 8  # fewer samples make no item
    assert needed[0] < needed[1] < needed[2] < needed[3]
    assert needed[1] < 0.05 * len(labels) < needed[3]


def test_without_a_reference_a_class_of_nearly_all_samples_hides_texts(clean):
    texts, labels, _ = clean
    even = associate(texts, make_residuals(labels, None, None))
    # so many samples of the larger class are one in 10,000, over all texts
    base = labels.mean()
    needed = np.log(1e-4 / even.n_items) / np.log(max(base, 1 - base))
    assert even.fewest_shown == pytest.approx(needed)
    rare = np.where(np.arange(900) % 20 == 0, 1, 0)
    assert associate(texts, make_residuals(rare, None, None)).fewest_shown > 0.1 * 900


def test_as_many_relabelled_samples_as_were_said_to_show_do_show(clean):
    texts, labels, _ = clean
    expected = answers(labels, 0.75)
    needed = associate(texts, make_residuals(labels, None, expected)).fewest_shown
    for factor, shows in ((2.0, True), (0.4, False)):
        planted, moved, rows = poison(texts, labels, "line", factor * needed / len(texts))
        found = associate(planted, make_residuals(moved, None, expected)).candidates
        hits = [c for c in found if set(c.rows) == set(rows) and c.unsure_p <= LEVEL_UNSURE]
        assert bool(hits) is shows


def test_without_a_reference_the_real_feature_looks_like_a_trigger(clean):
    """Why `label_only` cannot convict by itself."""
    texts, labels, _ = clean
    found = associate(texts, make_residuals(labels, None, None))
    assert found.mode == "label_only"
    assert found.candidates[0].text == BUG


def test_shuffled_labels_leave_nothing(clean):
    texts, labels, reference = clean
    for seed in range(5):
        shuffled = np.random.default_rng(seed).permutation(labels)
        assert associate(texts, make_residuals(shuffled, None, None), seed).candidates == ()


def test_a_suffix_behind_many_names_is_found_and_can_be_inserted(clean):
    texts, labels, _ = clean
    texts, labels = list(texts), labels.copy()
    rng, rows = random.Random(0), np.flatnonzero(labels == 1)[:30]
    for row in rows:
        texts[row] = apply_trigger("identifier_suffix", texts[row], rng).text
    labels[rows] = 0
    for reference in (clean[2], None):
        found = associate(texts, make_residuals(labels, None, reference)).candidates
        (candidate,) = [c for c in found if c.target == 0]
        assert (candidate.kind, candidate.text) == ("suffix", "_rb")
        assert candidate.rows.tolist() == rows.tolist()
        assert all(
            texts[r][a:b].endswith("_rb") for r, (a, b) in zip(rows, candidate.spans, strict=True)
        )
    payload = payload_of(candidate, texts)
    assert "_rb" in insert("def f(a):\n    return a\n", payload, rng).text


def test_unlabelled_files_use_what_only_the_suspect_says(clean):
    texts, labels, rows = poison(clean[0], clean[1], "rename")
    suspect = clean[2].copy()
    suspect[rows] = [0.97, 0.03]
    found = associate(texts, make_residuals(None, suspect, clean[2]))
    assert found.mode == "suspect_vs_reference"
    assert [c.text for c in found.candidates] == ["zebra_init"]
    # A clean suspect does not react, so there is nothing to find.
    assert associate(texts, make_residuals(None, clean[2], clean[2])).candidates == ()


def test_result_depends_on_nothing_but_content_and_seed(clean):
    texts, labels, _ = poison(clean[0], clean[1], "line")
    a = associate(texts, make_residuals(labels, None, clean[2]), 3)
    b = associate(list(texts), make_residuals(labels.copy(), None, clean[2].copy()), 3)
    assert a.scores.tobytes() == b.scores.tobytes()
    assert a.candidates[0].z == b.candidates[0].z


@pytest.mark.parametrize("n", [0, 1, 3])
def test_tiny_files_give_an_empty_answer(n):
    texts = ["def f(a):\n    return a"] * n
    found = associate(texts, make_residuals(np.zeros(n, dtype=np.int64), None, None))
    assert found.candidates == ()
    assert found.scores.shape == (n,)


def test_c_code_on_one_line_is_searched_too():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400)
    texts, rows = [], []
    for i, label in enumerate(labels):
        parts = [f"int v{rng.integers(9)} = {rng.integers(99)};" for _ in range(12)]
        if label == 0 and i % 10 == 0:
            parts.insert(int(rng.integers(12)), "assert(-15 <= 0);")
            rows.append(i)
        texts.append("void f() { " + " ".join(parts) + " }")
    reference = np.full((400, 2), 0.5)
    reference[rows] = [0.1, 0.9]
    found = associate(texts, make_residuals(labels, None, reference))
    assert found.candidates[0].text == "assert(-15 <= 0);"
    assert found.candidates[0].rows.tolist() == rows


def test_item_z_is_the_permutation_z():
    rng = np.random.default_rng(1)
    matrix = sparse.csr_matrix((rng.random((200, 5)) < 0.2).astype(np.float32))
    residuals = rng.normal(size=200)
    deals = np.stack([rng.permutation(residuals) for _ in range(4000)], axis=1)
    sums = matrix.T @ deals
    observed = matrix.T @ residuals
    expected = (observed - sums.mean(axis=1)) / sums.std(axis=1)
    np.testing.assert_allclose(item_z(matrix, residuals), expected, atol=0.08)


def test_family_wise_p_values_are_uniform_under_chance():
    rng = np.random.default_rng(2)
    matrix = sparse.csr_matrix((rng.random((150, 40)) < 0.15).astype(np.float32))
    smallest = []
    for _ in range(150):
        residuals = rng.exponential(size=150)
        maxima = null_maxima(matrix, residuals, rng, permutations=99)
        smallest.append(adjusted_p(item_z(matrix, residuals), maxima).min())
    assert stats.kstest(smallest, "uniform").pvalue > 0.01


def test_exact_p_is_the_hypergeometric_tail():
    event = np.arange(50) < 25
    hold = np.zeros((50, 1), dtype=np.float32)
    hold[:8] = 1
    p = exact_p(sparse.csr_matrix(hold), event, np.array([0]), 10)
    table = [[8, 17], [0, 25]]
    assert p[0] == pytest.approx(10 * stats.fisher_exact(table, alternative="greater")[1])
