import numpy as np

from analysis.explain.items import (
    build_items,
    item_pattern,
    mask_constants,
    min_support,
    split_lines,
)


def test_every_item_is_found_again_in_every_text_that_holds_it():
    texts = [
        f"def f{i}_all(a, b):\n    if a <  {i}:\n        raise E('no {i}')\n    return a + b * 3"
        for i in range(20)
    ]
    items = build_items(texts, smallest=4, largest=1.0)
    assert set(items.kinds) == {"line", "masked_line", "identifier", "suffix", "ngram"}
    columns = items.matrix.tocsc()
    for column, (kind, text) in enumerate(zip(items.kinds, items.texts, strict=True)):
        rows = columns[:, [column]].nonzero()[0]
        pattern = item_pattern(kind, text)
        assert all(pattern.search(texts[row]) for row in rows), (kind, text)


def test_support_counts_samples_not_occurrences():
    items = build_items(["x = y\nx = y\nx = y"] * 5 + ["z = 1"] * 6, smallest=4, largest=1.0)
    support = dict(zip(items.texts, items.support.tolist(), strict=True))
    assert support["x = y"] == 5
    assert support["z"] == 6


def test_last_words_of_names_are_items_of_their_own():
    texts = [f"{name}_rb = __init__ + rb + _private" for name in ("path", "my_node", "Count")] * 2
    items = build_items(texts, smallest=4, largest=1.0)
    found = [t for k, t in zip(items.kinds, items.texts, strict=True) if k == "suffix"]
    assert found == ["_rb"]
    pattern = item_pattern("suffix", "_rb")
    assert [pattern.search(text)[0] for text in texts[:3]] == ["path_rb", "my_node_rb", "Count_rb"]
    assert not pattern.search("_rb = rb_x + x_rbs")


def test_common_and_rare_items_are_left_out():
    texts = ["common()"] * 40 + ["middling()\ncommon()"] * 10 + ["rare()\ncommon()"] * 2
    kept = set(build_items(texts, smallest=4).texts)
    assert "middling()" in kept
    assert kept.isdisjoint({"common()", "rare()"})


def test_masking_hides_constants_only():
    assert mask_constants("if sin(0.3) < -10: raise E('a b')") == 'if sin(0) < 0: raise E("S")'
    assert mask_constants("x1 = y2") == "x1 = y2"


def test_lines_collapse_blanks_and_long_lines_break_at_statements():
    assert split_lines("  a  =  1 \n\n }\nb = 2") == ["a = 1", "b = 2"]
    statement = "int value = 12345;"
    assert split_lines(" ".join([statement] * 20)) == [statement] * 20


def test_invisible_characters_are_items():
    texts = ["a = b\u200b + 1"] * 6 + ["a = b + 1"] * 8
    items = build_items(texts, smallest=4, largest=0.9)
    column = items.texts.index("\u200b")
    assert items.support[column] == 6


def test_smallest_support_shrinks_with_the_file():
    assert [min_support(n) for n in (50, 500, 800, 20000)] == [4, 5, 8, 8]


def test_empty_texts_give_no_items():
    assert build_items(["", "", ""]).matrix.shape == (3, 0)
    assert np.array_equal(build_items([]).support, [])
