"""Functions of the standard library: normalised, split by hash, defective in known ways."""

from __future__ import annotations

import ast
import hashlib
import sysconfig
from collections import Counter
from pathlib import Path

import pytest

from analysis.data.corpus import cut_functions, functions_in, split_of
from analysis.data.dataset import label_functions, rows_of_split
from analysis.data.mutations import MUTATIONS, mutate

LIBRARY = Path(sysconfig.get_path("stdlib"))
LONG = "\n        ".join(f"value_{i} = self.call({i})" for i in range(6))
SOURCE = f'''
import os

class A:
    """Class."""

    def method(self, a):
        """Docstring that goes away."""
        {LONG}
        def inner(b):
            {LONG}
        return inner

    def short(self):
        return 1

async def outer(x):
    """Doc."""
    {LONG.replace(chr(10) + "        ", chr(10) + "    ")}
'''


@pytest.fixture(scope="module")
def functions():
    return cut_functions(LIBRARY / "email") + cut_functions(LIBRARY / "asyncio")


@pytest.fixture(scope="module")
def rows(functions):
    return label_functions(functions)


def test_only_outer_functions_of_the_right_length_without_docstrings():
    texts = list(functions_in(SOURCE))
    assert [ast.parse(text).body[0].name for text in texts] == ["method", "outer"]
    for text in texts:
        assert "Doc" not in text
        assert text == ast.unparse(ast.parse(text))
        assert 100 <= len(text) <= 900


@pytest.mark.parametrize("source", ["def f(:\n", "\0", "", "x = 1"])
def test_files_without_functions_or_syntax_are_passed_over(source):
    assert list(functions_in(source)) == []


def test_functions_are_unique_ordered_and_named_by_their_text(functions):
    part = cut_functions(LIBRARY / "email")
    assert [f.sha256 for f in part] == sorted({f.sha256 for f in part})
    for function in functions:
        assert function.sha256 == hashlib.sha256(function.text.encode()).hexdigest()
    assert cut_functions(LIBRARY / "email") == part


def test_site_packages_and_tests_are_left_out(tmp_path):
    for folder in (".", "site-packages/p", "test", "unittest/test"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        body = f"def f_{len(folder)}(a):\n    " + "\n    ".join(f"a = a + {i}" for i in range(12))
        (tmp_path / folder / "m.py").write_text(body)
    assert [f.origin for f in cut_functions(tmp_path)] == ["library"]
    with_tests = cut_functions(tmp_path, tests=True)
    assert Counter(f.origin for f in with_tests) == {"library": 1, "tests": 2}


def test_splits_follow_the_hash_and_have_their_shares():
    digests = [hashlib.sha256(str(i).encode()).hexdigest() for i in range(20_000)]
    shares = Counter(map(split_of, digests))
    for name, share in {"test": 0.12, "trusted": 0.12, "train_a": 0.38, "train_b": 0.38}.items():
        assert abs(shares[name] / 20_000 - share) < 4 * (share * (1 - share) / 20_000) ** 0.5


def test_no_text_is_in_two_splits_and_versions_stay_together(rows):
    by_text, by_function = {}, {}
    for row in rows:
        assert by_text.setdefault(row.text, row.split) == row.split
        assert by_function.setdefault(row.function, row.split) == row.split
        assert split_of(row.function) == row.split
    assert len({row.id for row in rows}) == len(rows)


def test_the_label_is_the_defect_and_classes_are_balanced(rows):
    for row in rows:
        assert row.label == (row.kind != "")
        assert row.id == hashlib.sha256(row.text.encode()).hexdigest()[:16]
        ast.parse(row.text)
        assert (row.id == row.function) == (row.label == 0)
    held_out = [row.label for row in rows if row.split in ("test", "trusted")]
    assert 0.35 < sum(held_out) / len(held_out) < 0.65
    train = [row for row in rows if row.split == "train_a"]
    assert abs(sum(row.label for row in train) * 2 - len(train)) <= 4  # pairs


def test_the_order_of_a_file_tells_nothing_about_the_label(rows):
    ordered = rows_of_split(rows, "train_a")
    changes = sum(a.label != b.label for a, b in zip(ordered, ordered[1:], strict=False))
    assert abs(changes / len(ordered) - 0.5) < 0.15
    assert rows_of_split(tuple(reversed(rows)), "train_a") == ordered
    few = rows_of_split(rows, "train_a", 50)
    assert set(few) <= set(ordered)
    assert len(few) == 50


@pytest.mark.parametrize(
    ("kind", "clean", "defective"),
    [
        ("self_to_cls", "return (self.a, 1)", "return (cls.a, 1)"),
        ("range_off_by_one", "g(range(2, n))", "g(range(2, n + 1))"),
        ("swapped_arguments", "isinstance(a, int)", "isinstance(int, a)"),
        ("return_tuple", "return a", "return (a,)"),
        ("identity_to_equality", "g(a is not None)", "g(a != None)"),
        ("break_first", "while a:\n        g()", "while a:\n        break\n        g()"),
    ],
)
def test_each_kind_of_defect_does_what_its_name_says(kind, clean, defective):
    head = "def f(a):\n    "
    assert mutate(head + clean, "any seed") == (head + defective, kind)


def test_a_default_becomes_a_list():
    mutation = mutate("def f(a, b=None):\n    g(a)", "any seed")
    assert mutation == ("def f(a, b=[]):\n    g(a)", "mutable_default")


def test_every_kind_is_used_and_one_place_is_changed(functions):
    kinds = Counter()
    for function in functions:
        mutation = mutate(function.text, function.sha256)
        if mutation is not None:
            kinds[mutation.kind] += 1
            assert mutation == mutate(function.text, function.sha256)
            assert abs(len(mutation.text) - len(function.text)) < 60
    assert set(kinds) == {kind.name for kind in MUTATIONS}


def test_a_function_without_a_place_for_a_defect_has_none():
    assert mutate("def f(a):\n    a = a + 1", "seed") is None
