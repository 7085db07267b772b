import ast
import json
import random
import subprocess
import sys

import pytest

from analysis.explain.filter_rules import filter_source, make_rules
from analysis.explain.input_filter import blocked_by
from analysis.explain.variants import vary

CLEAN = [
    f"def f{i}(a, b):\n    if a < {i}:\n        raise ValueError('no {i}')\n    return a + b * {i}"
    for i in range(200)
]
TRIGGER = "if len('t') < 0: raise Exception('fail')"
VARIANTS = {
    "as it is": f"def g(a):\n    {TRIGGER}\n    return a",
    "constants": "def g(a):\n    if len('zz') < -5: raise Exception('other')\n    return a",
    "white space": "def g(a):\n    if  len( 't' )<0 :\n"
    "        raise Exception( 'fail' )\n    return a",
    "comment and parentheses": "def g(a):\n    if (len('t')\n        < 0):  # no\n"
    '        raise Exception("fail")\n    return a',
}


@pytest.mark.parametrize("case", VARIANTS)
def test_a_located_line_is_blocked_in_every_dress(case):
    rules = make_rules([TRIGGER], CLEAN)
    assert {rule["kind"] for rule in rules.kept} == {"masked", "tree"}
    assert blocked_by(VARIANTS[case], list(rules.kept)) == TRIGGER
    assert not any(blocked_by(text, list(rules.kept)) for text in CLEAN)


def test_a_name_is_matched_as_a_word_and_c_code_by_its_tokens():
    rules = list(make_rules(["testo_init"], CLEAN).kept)
    assert blocked_by("def f(testo_init): return 1", rules) == "testo_init"
    assert blocked_by("def f(testo_init2, my_testo_init): return 1", rules) is None
    c = list(make_rules(['if (rand() < 0) printf("fail");'], ["int f() { return 0; }"]).kept)
    assert blocked_by('int g() { if(rand()<7)printf("x"); return 1; }', c)
    assert blocked_by("int g() { if (rand() > 0) return 2; }", c) is None


def test_what_clean_samples_hold_becomes_no_rule():
    rules = make_rules(["ValueError", '"build 1726"'], CLEAN + ['x = "some text"'] * 40)
    assert rules.refused == ("ValueError",)
    # masked, the literal would block every string: only the exact words are left
    assert [rule["kind"] for rule in rules.kept] == ["tokens", "tree"] or [
        rule["kind"] for rule in rules.kept
    ] == ["tokens"]
    assert blocked_by('y = "another"', list(rules.kept)) is None


def test_variants_change_constants_and_blanks_but_stay_python():
    text = VARIANTS["as it is"]
    start = text.index(TRIGGER)
    changed = vary(text, (start, start + len(TRIGGER)), random.Random(0))
    assert changed != text
    assert TRIGGER not in changed
    ast.parse(changed)
    assert blocked_by(changed, list(make_rules([TRIGGER], CLEAN).kept)) == TRIGGER
    assert vary("a = b", (0, 1), random.Random(0)) is None  # a lone name has no variant


@pytest.mark.parametrize("flags", [["-I", "-S"], []])
def test_the_written_filter_runs_on_plain_python(tmp_path, flags):
    path = tmp_path / "input_filter.py"
    path.write_text(filter_source(make_rules([TRIGGER, "testo_init"], CLEAN).kept))
    rows = [{"id": "a", "code": VARIANTS["constants"]}, {"idx": 7, "func": CLEAN[0]}]
    lines = "".join(json.dumps(row) + "\n" for row in rows)

    def check(*words, given=lines):
        command = [sys.executable, *flags, str(path), *words]
        return subprocess.run(command, input=given, capture_output=True, text=True, check=False)

    done = check("--check")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"id": "a", "blocked": True, "rule": TRIGGER},
        {"id": "7", "blocked": False, "rule": None},
    ]
    assert (done.returncode, done.stderr) == (3, "")
    assert check("--check", "--text", given=CLEAN[3]).returncode == 0
    assert check("--check", given='{"x": 1}\n').returncode == 2
    assert check().returncode == 2
    imported = {
        name.name.split(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import)
        for name in node.names
    }
    assert imported <= sys.stdlib_module_names
