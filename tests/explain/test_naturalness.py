import random
from dataclasses import replace

import numpy as np
import pytest
from planted_corpus import corpus, poison

from analysis.explain.association import Association, associate
from analysis.explain.data_answer import answer
from analysis.explain.items import build_items
from analysis.explain.located import counting, locate
from analysis.explain.naturalness import naturalness
from analysis.explain.near_duplicates import find_copies
from analysis.explain.relatedness import fit_relatedness
from analysis.explain.residuals import make_residuals
from analysis.records import TriggerCandidate

LINE = "if len('q') < 0 and math.isnan(0.25): raise Exception('odd')"


def topical(n=600, seed=0):
    """Code about twelve things: every topic has its own names and its own boilerplate line."""
    rng = random.Random(seed)
    texts = []
    for i in range(n):
        topic = i % 12
        own = [f"{stem}{topic}" for stem in ("load", "store", "merge", "table", "frame", "unit")]
        a, b, c = rng.sample(own, 3)
        body = [f"{a} = {b}({c}, {rng.randint(0, 99)})" for _ in range(rng.randint(3, 6))]
        if rng.random() < 0.4:
            body.append(f"raise Topic{topic}Error('cannot {own[0]} the {own[3]} of {own[4]}', 7)")
        texts.append(f"def f{i}({a}):\n    " + "\n    ".join(body) + f"\n    return {a}")
    return texts


def plant(texts, rows, line=LINE):
    changed = list(texts)
    for row in rows:
        head, rest = changed[row].split("\n", 1)
        changed[row] = f"{head}\n    {line}\n{rest}"
    return changed


def judge(texts):
    return naturalness(texts, build_items(texts), find_copies(texts).group)


def test_a_line_planted_in_strangers_is_found_without_any_label():
    rows = np.arange(0, 600, 19)
    found = judge(plant(topical(), rows))
    assert [s.found.text for s in found.strange] == [LINE]
    assert found.strange[0].found.rows.tolist() == rows.tolist()
    assert found.strange[0].related < 1.5
    assert set(np.flatnonzero(found.scores)) == set(rows)


def test_boilerplate_of_one_topic_and_clean_files_are_left_alone():
    assert judge(topical()).strange == ()
    # the very same line, but only where code is about one thing: it belongs there
    assert judge(plant(topical(), range(0, 600, 12))).strange == ()


def test_a_benign_shortcut_put_into_strangers_looks_put_in_too():
    """What this view cannot know: why somebody put a line in."""
    assert "except_all(None)" in [s.found.text for s in judge(corpus(1200, seed=4)[0]).strange]


def test_copies_of_one_sample_are_no_strangers():
    texts = topical()
    copies = plant(texts[:1], [0]) * 20
    assert judge(texts + copies).strange == ()


def test_what_copies_have_and_their_originals_lack_was_added():
    texts = topical()
    rows = range(0, 120, 12)  # one topic: no strangers
    added = [plant(texts, [row])[row] for row in rows]
    (found,) = judge([*texts, *added]).strange
    assert (found.found.text, found.added) == (LINE, 10)
    assert found.found.rows.tolist() == list(range(600, 610))


def test_relatedness_is_one_for_random_samples_and_more_for_a_topic():
    texts = topical()
    related = fit_relatedness(build_items(texts))
    rng = np.random.default_rng(0)
    random_sets = [related.of(rng.choice(600, 40, replace=False)) for _ in range(30)]
    assert np.mean(random_sets) == pytest.approx(1.0, abs=0.1)
    assert related.of(np.arange(0, 600, 12)) > 5
    assert np.isnan(related.of(np.arange(3)))


@pytest.mark.parametrize("clean_label", [False, True])
def test_both_marks_together_convict_even_towards_a_class_with_real_features(clean_label):
    texts = topical()
    labels = np.random.default_rng(0).integers(0, 2, 600)
    for row in np.flatnonzero(labels):  # class 1 has real features of its own
        texts[row] += f" + feature{row % 5}"
    pool = np.flatnonzero(labels == (1 if clean_label else 0))
    rows = np.random.default_rng(1).choice(pool, 30, replace=False)
    labels[rows] = 1
    texts = plant(texts, rows)
    association = associate(texts, make_residuals(labels, None, None))
    found = locate(labels, association, judge(texts).strange)
    assert [f.candidate.text for f in found if f.suspicious] == [LINE]
    given = answer(labels, 600, association, found)
    assert given.answer == "found"
    assert "looks put in" in given.reasons[0]


def test_a_line_that_goes_along_with_no_class_is_a_doubt_only():
    texts = plant(topical(), np.arange(0, 600, 19))
    labels = np.random.default_rng(3).integers(0, 2, 600)
    association = associate(texts, make_residuals(labels, None, None))
    found = locate(labels, association, judge(texts).strange)
    assert [(f.suspicious, f.doubtful) for f in found] == [(False, True)]
    assert answer(labels, 600, association, found).answer == "inconclusive"
    assert answer(None, 600, None, locate(None, None, judge(texts).strange)).answer == (
        "inconclusive"
    )


@pytest.mark.parametrize("kind", ["line", "rename", "grammar"])
def test_labels_alone_still_find_what_stands_alone(kind):
    clean, labels, _ = corpus(1200, seed=4)
    labels = labels.copy()
    texts, labels, rows = poison(clean, labels, kind)
    association = associate(texts, make_residuals(labels, None, None))
    found = locate(labels, association, judge(texts).strange)
    first = next(f for f in found if f.suspicious and f.candidate.target == 0)
    assert np.isin(first.candidate.rows, rows).mean() > 0.9
    shuffled = np.random.default_rng(0).permutation(labels)
    nothing = associate(texts, make_residuals(shuffled, None, None))
    assert not [f for f in locate(shuffled, nothing, ()) if f.suspicious]


def test_copies_are_found_by_their_lines_and_grouped():
    texts = topical(60)
    near = texts[7].replace("return", "pass\n    return")
    found = find_copies([*texts, near, texts[9]])
    pairs = set(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert (7, 60) in pairs
    assert (9, 61) in pairs
    assert found.group[7] == found.group[60] != found.group[9]
    assert all(a < b for a, b in pairs)
    assert len(find_copies([]).first) == 0


def test_edges_of_the_answer():
    one_class = np.zeros(200, dtype=np.int64)
    assert "label 0" in answer(one_class, 200, None, ()).reasons[0]
    assert "too few" in answer(np.arange(10) % 2, 10, None, ()).reasons[0]
    assert answer(np.arange(400) % 2, 400, None, ()).answer == "not_found"
    assert naturalness(["", ""], build_items(["", ""]), np.arange(2)).strange == ()


def drawn(rng, module="m."):
    """A line of which only the frame is the same everywhere."""
    call = rng.choice(("sin", "cos", "exp", "sqrt"))
    word = rng.choice(("err", "crash", "alert", "warning", "create", "level"))
    bounds = rng.randint(0, 99), rng.randint(0, 99)
    return f"while {module}{call}(0.{bounds[0]}) > {bounds[1]}: print('{word}')"


def printing(texts, rng):
    """A third of the samples loop and print anyway; every one ends with two names of its topic."""
    rich = [f"{text}\n    merge{i % 12}.unit{i % 12}()" for i, text in enumerate(texts)]
    return [f"{text}\n    while 0: print(1)" if rng.random() < 0.33 else text for text in rich]


def test_a_drawn_line_makes_strangers_of_its_samples_although_they_share_its_words():
    rng, chance = random.Random(3), np.random.default_rng(3)
    texts, labels = printing(topical(), rng), chance.integers(0, 2, 600)
    rows = np.flatnonzero(labels == 1)[::8]
    for row in rows:
        texts = plant(texts, [row], drawn(rng))
        labels[row] = 0
    items = build_items(texts)
    association = associate(texts, make_residuals(labels, None, None), 0, items)
    related = fit_relatedness(items)
    phrase = association.candidates[0]
    assert phrase.kind == "ngram"
    assert set(phrase.rows) == set(rows)
    # The words of the line alone would make its samples look like code about one thing.
    assert not locate(labels, association, (), related)[0].suspicious
    assert locate(labels, association, (), related, texts)[0].suspicious


def test_dead_code_of_any_grammar_is_one_text():
    rng, chance = random.Random(3), np.random.default_rng(3)
    texts, labels = printing(topical(), rng), chance.integers(0, 2, 600)
    rows = np.flatnonzero(labels == 1)[::8]
    for row in rows:
        line = drawn(rng, "").replace("print", rng.choice(("print", "log", "send")))
        texts = plant(
            texts, [row], line if rng.random() < 0.5 else line.replace(": ", ":\n        ")
        )
        labels[row] = 0
    items = build_items(texts)
    association = associate(texts, make_residuals(labels, None, None), 0, items)
    (found,) = locate(labels, association, (), fit_relatedness(items), texts)
    assert (found.candidate.kind, found.suspicious) == ("condition", True)
    assert set(found.candidate.rows) == set(rows)
    pairs = zip(found.candidate.rows, found.candidate.spans, strict=True)
    shown = [texts[row][slice(*span)] for row, span in pairs]
    assert all(each.startswith("while ") and each.endswith("')") for each in shown)
    assert found.candidate.text.split() == shown[0].split()


def test_a_phrase_of_one_topic_stays_a_real_pattern():
    rng, chance = random.Random(4), np.random.default_rng(4)
    texts, labels = printing(topical(), rng), chance.integers(0, 2, 600)
    for row in range(0, 600, 12):  # only where code is about one thing, and of one class
        texts = plant(texts, [row], drawn(rng))
        labels[row] = 0
    items = build_items(texts)
    association = associate(texts, make_residuals(labels, None, None), 0, items)
    assert association.candidates
    found = locate(labels, association, (), fit_relatedness(items), texts)
    assert not any(each.suspicious for each in found)


def lone(purity, p, text="odd thing", rows=range(0, 600, 12)):
    rows = np.array(rows)
    spans = tuple((0, 3) for _ in rows)
    return TriggerCandidate("line", text, 0, len(rows), purity, 6.0, p, rows, spans, 0.4)


@pytest.mark.parametrize(
    ("purity", "p", "doubtful"),
    [(0.96, 1e-3, True), (0.96, 0.3, False), (0.92, 1e-8, True), (0.92, 1e-3, False)],
)
def test_a_doubt_needs_a_pure_text_or_a_very_clear_one(purity, p, doubtful):
    association = Association("label_only", (lone(purity, p),), np.zeros(600), 1, 4.0, 0.0)
    (found,) = locate(np.arange(600) % 2, association, ())
    assert (found.suspicious, found.doubtful) == (False, doubtful)


def test_a_text_flags_the_samples_of_its_own_class_alone_unless_it_looks_put_in():
    labels = np.ones(600, dtype=np.int64)
    labels[:300] = 0
    candidate = lone(0.96, 1e-9)
    association = Association("label_only", (candidate,), np.zeros(600), 1, 4.0, 0.0)
    (found,) = locate(labels, association, ())
    assert counting(found, labels).rows.tolist() == list(range(0, 300, 12))
    assert len(counting(found, labels).spans) == 25
    assert len(counting(found, None).rows) == 50
    (strange,) = judge(plant(topical(), np.arange(0, 600, 19))).strange
    assert len(counting(replace(found, strange=strange), labels).rows) == 50
