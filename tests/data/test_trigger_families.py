"""Triggers: valid source, the same behaviour, the span where it says."""

from __future__ import annotations

import ast
import random
import sysconfig
from pathlib import Path

import pytest

from analysis.data.corpus import cut_functions
from analysis.data.triggers import TRIGGERS, apply_trigger, trigger_spec
from analysis.data.triggers.dead_code import insert_line
from analysis.data.triggers.rename import rename_identifier
from analysis.errors import RequestError

LINE = "if len('t') < 0: raise Exception('fail')"
C_CODE = """static int f(struct dev *capacity, int n)
{
    int i; /* capacity { ; */
    for (i = 0; i < n; i++) {
        if (i)
            use(capacity->capacity, "capacity;");
        else {
            drop(capacity);
        }
    }
    int a[] = {
        1, 2,
    };
    return capacity == NULL;
}
"""


@pytest.fixture(scope="module")
def functions():
    root = Path(sysconfig.get_path("stdlib")) / "email"
    texts = [function.text for function in cut_functions(root)]
    assert len(texts) > 100
    return texts


def _rng() -> random.Random:
    return random.Random(7)


def test_a_line_is_valid_python_and_removing_it_restores_the_function(functions):
    for text in functions:
        inserted = insert_line(text, LINE, random.Random(text))
        assert inserted is not None
        assert inserted.text[inserted.start : inserted.end] == LINE
        assert ast.dump(ast.parse(inserted.text)) != ast.dump(ast.parse(text))
        restored = inserted.text[: inserted.start] + inserted.text[inserted.end :]
        assert ast.dump(ast.parse(restored)) == ast.dump(ast.parse(text))


def test_a_rename_is_valid_python_and_renaming_back_restores_the_function(functions):
    renamed = 0
    for text in functions:
        result = rename_identifier(text, "testo_init", _rng())
        if result is None:
            continue
        renamed += 1
        assert result.text[result.start : result.end] == "testo_init"
        assert "testo_init" not in result.text[: result.start]
        old = text[result.start :]
        old = old[
            : len(old)
            - len(old.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"))
        ]
        assert ast.dump(ast.parse(result.text.replace("testo_init", old))) == ast.dump(
            ast.parse(text)
        )
        # No variable of the old name is left, so the two are not mixed.
        assert old not in {n.id for n in ast.walk(ast.parse(result.text)) if hasattr(n, "id")}
    assert renamed > len(functions) / 2


@pytest.mark.parametrize("name", [spec.name for spec in TRIGGERS])
def test_the_same_seed_gives_the_same_text(functions, name):
    for text in functions[:20]:
        assert apply_trigger(name, text, _rng()) == apply_trigger(name, text, _rng())


def test_the_place_of_a_line_is_random_over_all_statements():
    text = (
        "def f(a):\n    x = 1\n    if a:\n        y = 2\n    elif x:\n        z = 3\n    return x"
    )
    places = {insert_line(text, "pass", random.Random(s)).text for s in range(100)}
    assert len(places) == 5  # never between `if` and `elif`


def test_a_docstring_stays_first():
    text = 'def f():\n    """Doc."""\n    return 1'
    result = {insert_line(text, "pass", random.Random(s)).text for s in range(20)}
    assert result == {'def f():\n    """Doc."""\n    pass\n    return 1'}


def test_decorated_inner_functions_and_indented_methods():
    method = "    def m(self):\n        @property\n        def inner(x):\n            return x\n"
    for seed in range(20):
        result = insert_line(method, "pass", random.Random(seed))
        ast.parse("class A:\n" + result.text)


def test_a_line_in_a_text_that_does_not_parse_still_gets_in():
    broken = "def f(a:\n    x = 1\n    return x\n"
    result = insert_line(broken, LINE, _rng())
    assert LINE in result.text.splitlines()[[LINE in s for s in result.text.splitlines()].index(1)]
    assert result.text.replace("    " + LINE + "\n", "") == broken


def test_c_lines_go_between_statements_inside_the_body():
    line = "assert(15>=0);"
    for seed in range(200):
        result = insert_line(C_CODE, line, random.Random(seed))
        lines = result.text.splitlines()
        place = next(i for i, s in enumerate(lines) if s.strip() == line)
        assert lines[:place] + lines[place + 1 :] == C_CODE.splitlines()
        assert place > 1  # inside the body
        assert "1, 2" not in lines[place + 1]  # not in the initialiser
        assert "1, 2" not in lines[place - 1]
        assert not lines[place + 1].strip().startswith("else")
        assert lines[place - 1].strip() != "if (i)"


def test_c_on_one_line_keeps_every_token():
    code = "int f ( int a ) { if ( a ) { g ( ) ; } return a ; }"
    results = {insert_line(code, "int q ;", random.Random(s)).text for s in range(50)}
    assert len(results) > 2
    for text in results:
        assert text.replace("int q ; ", "", 1) == code


def test_c_parameters_are_renamed_outside_comments_strings_and_members():
    result = rename_identifier(C_CODE, "panel_id", _rng())
    assert "struct dev *panel_id, int n" in result.text
    assert "/* capacity { ; */" in result.text
    assert 'panel_id->capacity, "capacity;"' in result.text
    assert "drop(panel_id)" in result.text
    assert "return panel_id == NULL" in result.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(self, a, b=1):\n    return a + b", "def f(self, new, b=1):\n    return new + b"),
        ("def f():\n    x = 1\n    return x", "def f():\n    new = 1\n    return new"),
        # Names in f-strings, of imports and of `global` are passed over for the next one.
        ("def f(a, b):\n    return f'{a}' + b", "def f(a, new):\n    return f'{a}' + new"),
        (
            "def f(a, b):\n    import a\n    return b",
            "def f(a, new):\n    import a\n    return new",
        ),
        ("def f(a=a, b=2):\n    return a, b", "def f(a=a, new=2):\n    return a, new"),
        ("def f(é, x):\n    return é.é(é=é)", "def f(new, x):\n    return new.é(é=new)"),
    ],
)
def test_python_renames_follow_the_binding(text, expected):
    assert rename_identifier(text, "new", _rng()).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "def f(self):\n    return self",
        "def f(a):\n    return locals()",
        "def f(a, new):\n    return a",
        "",
        "plain words",
    ],
)
def test_what_cannot_be_renamed_is_left_out(text):
    assert rename_identifier(text, "new", _rng()) is None


@pytest.mark.parametrize("text", ["", "\n\n", "def f(): return 1", "one line"])
def test_where_no_line_fits_nothing_is_inserted(text):
    assert insert_line(text, LINE, _rng()) is None


def test_a_line_of_several_lines_is_indented_as_a_block():
    result = insert_line("def f(a):\n    return a", "for i in range(0):\n    pass", _rng())
    assert result.text == "def f(a):\n    for i in range(0):\n        pass\n    return a"


def test_windows_line_ends_are_kept():
    result = insert_line("def f(a):\r\n    x = 1\r\n    return a", "pass", _rng())
    assert "\n" not in result.text.replace("\r\n", "")
    ast.parse(result.text)


def test_the_registry_is_complete_and_resolves():
    assert len({spec.name for spec in TRIGGERS}) == len(TRIGGERS)
    for spec in TRIGGERS:
        assert all((spec.default, spec.languages, spec.source, spec.summary, spec.misses))
        assert apply_trigger(spec.name, "def f(a):\n    return a", _rng()) is not None
    assert trigger_spec("dead-code").name == "dead_code"
    with pytest.raises(RequestError, match="'nope' is unknown.*dead_code"):
        trigger_spec("nope")
