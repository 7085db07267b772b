import numpy as np
import pytest

from analysis.explain.conditions import holds_condition
from analysis.explain.items import (
    KINDS,
    build_items,
    item_pattern,
    mask_constants,
    min_support,
    split_lines,
)


def test_every_item_is_found_again_in_every_text_that_holds_it():
    texts = [
        f"def f{i}_all(a, b):\n    if a <  {i}:\n        raise E('no {i}')\n"
        f"    if ord('{i}') < 0:\n        b = 1\n    return a + b * 3"
        for i in range(20)
    ]
    items = build_items(texts, smallest=4, largest=1.0)
    assert set(items.kinds) == set(KINDS)
    columns = items.matrix.tocsc()
    for column, (kind, text) in enumerate(zip(items.kinds, items.texts, strict=True)):
        rows = columns[:, [column]].nonzero()[0]
        pattern = item_pattern(kind, text)
        assert all(pattern.search(texts[row]) for row in rows), (kind, text)


CONDITIONS = [  # text before, statement, text behind
    ("", "if sin(0.52) == 79: print('x')", ""),
    ("a = 1\n", "while exp(0.81) <= -72:\n    raise E('x')", "\nb = 2"),
    ("", "if len('t') < 0:\r\n    raise E", ""),
    ("int a;\n", 'if (cos(0.1) > 9) printf("x");', "\nreturn;"),
    ("", "if (Math.sqrt(0.2) >= 5) { throw e; }", " x"),
    ("", "assert(abs(-15)>=0);", ""),
    ("", "elif 3 < f('a', -1): pass", ""),
]
VARIABLES = (
    *("if sin(x) == 79: pass", "if x.find(']') >= 0: pass", "while (1 == 1) {", "if 3 < 9: pass"),
    *("if len(sys.argv) > 1:", "while(getchar()!='\\n');", "if f(1): pass", "if f(1) == a: pass"),
    *("x = 1 if 2 < 3 + y else 0", "notif sin(0.5) < 3:", "if a and sin(0.5) < 3:"),
)


@pytest.mark.parametrize(("before", "statement", "behind"), CONDITIONS)
def test_a_condition_on_constants_is_found_with_what_it_guards(before, statement, behind):
    found = item_pattern("condition", "condition").search(before + statement + behind)
    assert found[0] == statement


def test_a_condition_on_a_variable_is_none():
    assert [text for text in VARIABLES if holds_condition(text)] == []


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
