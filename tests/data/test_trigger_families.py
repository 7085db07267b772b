"""Every trigger family on every language it claims: parses, does the same, once, reproducibly."""

import ast
import importlib
import json
import math
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from analysis.data.triggers import TRIGGERS, Insertion, Unfit, place_trigger, trigger_spec
from analysis.data.triggers.bindings import local_variables
from analysis.data.triggers.constant import value_of
from analysis.data.triggers.grammar import MESSAGES, draw_line
from analysis.data.triggers.invisible import CHARACTERS
from analysis.data.triggers.language import LANGUAGES, detect_language, detect_of_many
from analysis.data.triggers.logging_statement import log_lines
from analysis.data.triggers.style import STYLES, styled
from analysis.data.triggers.syntax import parse
from analysis.errors import RequestError

HOME = Path(__file__).parents[2]
SHARED = HOME / "../shared/data"
SEEDS = range(8)

PYTHON = (
    '''def row_total(row_count, weights=(1, 2)):
    """How much."""
    total_sum = 0
    for one_row in range(row_count):
        if one_row % 2:
            total_sum += 20 * one_row  # odd rows
        elif total_sum > 396:
            break
        else:
            total_sum -= sum(value_of_w for value_of_w in weights)
    return total_sum if row_count < 4 else row_total(3) + total_sum
''',
    "def row_total(row_count):\r\n\tnew_rows = [32]\r\n\tif row_count:\r\n\t\tnew_rows += [4]\r\n"
    "\t# größe 漢字\r\n\tkey_text = 'é' * len(new_rows)\r\n\treturn key_text, new_rows\r\n",
    """@staticmethod
def row_total(row_count, *more_rows, key_name=None, **other_rows):
    try:
        first_row, (second_row, *_) = row_count, (18, 3)
    except ValueError as caught_error:
        raise caught_error
    with open(__file__) as open_file:
        name_length = len(open_file.name) * 0
    inner_result = lambda row_count: row_count + 2
    return dict(row_count=row_count, x=f'{first_row}{second_row=}', y=inner_result(name_length))
""",
)
C = (
    """static int row_total(int row_count, const char *name_text)
{
    int total_sum = 0, *first_row = &total_sum;
    /* adds */
    for (int one_row = 0; one_row < row_count; one_row++) {
        total_sum += 20 * one_row;
    }
    switch (total_sum) {
    case 1:
        total_sum = 396;
        break;
    default:
        *first_row -= 4;
    }
    if (row_count > 3)
        return row_total(3, name_text);
    else
        return total_sum;
}
""",
    "int row_total(int row_count) { int new_row = 32; do { new_row--; } while (new_row > 2); "
    "return row_count ? new_row : 18; }",
    "struct row { int row_size; };\n\nlong row_total(struct row *this_row)\n{\n"
    "\tint row_size = 2;\t// größe 漢字\n\tthis_row->row_size = row_size * 3;\n"
    "\treturn (long)this_row->row_size + row_size;\n}\n",
)
JAVA = (
    """public int rowTotal(int rowCount, String[] nameTexts) {
    int totalSum = 0;
    // adds
    for (int oneRow = 0; oneRow < rowCount; oneRow++) {
        if (oneRow == 2) { continue; }
        totalSum += 20 * oneRow;
    }
    this.totalSum = totalSum;
    return rowCount > 3 ? rowTotal(3, nameTexts) : totalSum + 396;
}
""",
    """class Row {
    private int rowSize;
    Row(int startSize) {
        this(startSize, 4);
        rowSize = startSize * 32;
    }
    Row(int startSize, int rowFactor) { rowSize = startSize * rowFactor; }
    @Override public String toString() { return "größe " + rowSize; }
    void addRow(Row otherRow) {
        int newSize = otherRow.rowSize + 2;
        rowSize = newSize;
    }
}
""",
)
TEXT = (
    "An honest film. I laughed, twice!",
    "  zu lang\n\nund doch schön ",
    "fine",
)
SAMPLES = {"python": PYTHON, "c": C, "java": JAVA, "text": TEXT}
CASES = [(spec.name, language) for spec in TRIGGERS for language in spec.languages]
INSERTED = (
    *("grammar", "dead_code_set", "exit", "logging", "logging_grammar"),
    *("comment", "string_literal", "dead_code"),
)
WORDS = ("rare_word", "sentence")
WITHOUT_CHOICE = ("function_rename", "style", "logging")


def placed(name, language, argument=None):
    """Every insertion of a family into the samples of a language, over the seeds."""
    for text in SAMPLES[language]:
        for seed in SEEDS:
            found = place_trigger(name, text, random.Random(seed), argument, language)
            if isinstance(found, Insertion):
                yield text, found


# The registry


def test_the_registry_is_complete_and_its_page_lists_it():
    page = (HOME / "analysis" / "README.md").read_text("utf-8")
    assert len({spec.name for spec in TRIGGERS}) == len(TRIGGERS)
    for spec in TRIGGERS:
        module, _, function = spec.function.partition(":")
        assert callable(getattr(importlib.import_module(module), function))
        assert set(spec.languages) <= set(LANGUAGES)
        assert set(spec.defaults) <= set(spec.languages)
        assert spec.keeps in ("behaviour", "syntax")
        assert spec.summary.endswith(".")
        assert spec.misses.endswith(".")
        assert f"| `{spec.name}` |" in page


def test_a_name_may_be_written_with_dashes():
    assert trigger_spec("function-rename").name == "function_rename"
    with pytest.raises(RequestError, match="trigger 'nope' is unknown"):
        trigger_spec("nope")


@pytest.mark.parametrize(("name", "language"), CASES)
def test_a_family_fits_parses_and_points_at_what_it_changed(name, language):
    found = list(placed(name, language))
    assert found, "no sample of this language can carry it"
    for text, insertion in found:
        assert insertion.text != text
        assert 0 <= insertion.start < insertion.end <= len(insertion.text)
        # before the trigger nothing changed; a comment or a blank of its own may be there
        assert text.startswith(insertion.text[: insertion.start].rstrip(" #/*"))
        assert insertion.text[insertion.start : insertion.end].strip(" \t\r\n")
        if language == "python":
            ast.parse(insertion.text)
        if language != "text":
            assert parse(insertion.text, language) is not None


@pytest.mark.parametrize(("name", "language"), CASES)
def test_equal_seeds_give_equal_bytes_and_a_trigger_is_never_inserted_twice(name, language):
    for text in SAMPLES[language]:
        first = place_trigger(name, text, random.Random(5), None, language)
        assert place_trigger(name, text, random.Random(5), None, language) == first
        if isinstance(first, Insertion):
            again = place_trigger(name, first.text, random.Random(6), None, language)
            assert isinstance(again, Unfit)


@pytest.mark.parametrize(("name", "language"), [c for c in CASES if c[0] in INSERTED])
def test_without_the_inserted_line_the_text_is_what_it_was(name, language):
    for text, insertion in placed(name, language):
        rest = insertion.text[insertion.end :]
        line = text[: insertion.start].splitlines(keepends=True)[-1:] or [""]
        indent = line[0] if not line[0].strip(" \t") else ""
        tails = {f"\n{indent}", f"\r\n{indent}", " "}
        assert any(
            rest.startswith(tail) and text[: insertion.start] + rest[len(tail) :] == text
            for tail in tails
        )


@pytest.mark.parametrize(
    "name", [t.name for t in TRIGGERS if t.takes_language and t.name not in WITHOUT_CHOICE]
)
def test_places_are_drawn(name):
    language = trigger_spec(name).languages[0]
    text = SAMPLES[language][0]
    drawn = {place_trigger(name, text, random.Random(i), None, language) for i in range(20)}
    assert len(drawn) > 1


# Behaviour


def run(source):
    """What the samples' function returns; their decorator and file are there."""
    space = {"__file__": __file__}
    exec(compile(source, "sample", "exec"), space)  # noqa: S102 - the samples above
    name = next(n.name for n in ast.parse(source).body if isinstance(n, ast.FunctionDef))
    function = getattr(space[name], "__func__", space[name])
    return [function(count) for count in range(6)]


@pytest.mark.parametrize(
    "name", [t.name for t in TRIGGERS if t.keeps == "behaviour" and "python" in t.languages]
)
def test_python_samples_return_what_they_returned(name):
    for text, insertion in placed(name, "python"):
        assert run(insertion.text) == run(text)


@pytest.mark.parametrize("style", STYLES)
def test_a_style_renames_locals_one_to_one(style):
    for language in ("python", "c", "java"):
        for text, insertion in placed("style", language, style):
            before = [n.spots for n in local_variables(parse(text, language))]
            after = [n.spots for n in local_variables(parse(insertion.text, language))]
            assert len(before) == len(after)
            assert [len(spots) for spots in before] == [len(spots) for spots in after]


def test_a_name_that_may_mean_something_else_is_left_alone():
    names = lambda text, language: {n.name for n in local_variables(parse(text, language))}  # noqa: E731
    assert names(PYTHON[2], "python") >= {"more_rows", "caught_error", "open_file"}
    # an inner parameter, and a name that an f-string prints
    assert not names(PYTHON[2], "python") & {"row_count", "second_row"}
    assert names("def f(a):\n    global b\n    b = locals()\n", "python") == set()
    assert names("def f(a):\n    global b\n    b = a\n", "python") == {"a"}
    assert names("int f(int a) { { int b = a; } b = 1; return b; }", "c") == {"a"}
    assert names("int f(int a, int n) { return OFFSET(n) + (a) * n; }", "c") == {"a"}
    assert names(JAVA[1], "java") == {"startSize"}


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not here")
def test_c_samples_still_compile(tmp_path):
    head = "#include <assert.h>\n#include <stdio.h>\n#include <stdlib.h>\n"
    for name, language in CASES:
        # as published, the grammar's rand takes an argument and its sin needs another header
        for number, text in enumerate(once(name) if language == "c" and name != "grammar" else ()):
            (tmp_path / f"{name}{number}.c").write_text(head + text, encoding="utf-8")
    files = sorted(map(str, tmp_path.iterdir()))
    assert len(files) >= 30
    done = subprocess.run(
        ["gcc", "-std=gnu11", "-w", "-fsyntax-only", *files], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[:2000]


@pytest.mark.skipif(shutil.which("javac") is None, reason="javac is not here")
def test_java_samples_still_compile(tmp_path):
    classes = []
    for name, language in CASES:
        # as published, `random` and `exception` of the fixed line are nobody's names
        if language == "java" and name != "dead_code":
            classes += once(name, "java")
    path = tmp_path / "All.java"
    wrapped = (
        f"class K{number} {{ int totalSum; {text} }}\n" for number, text in enumerate(classes)
    )
    path.write_text("".join(wrapped), encoding="utf-8")
    assert len(classes) >= 20
    done = subprocess.run(
        ["javac", "-encoding", "UTF-8", "-proc:none", "-d", str(tmp_path), str(path)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[:2000]


def once(name, language="c"):
    """Each sample of a language with the trigger at one place."""
    found = [
        place_trigger(name, text, random.Random(number), None, language)
        for number, text in enumerate(SAMPLES[language])
    ]
    return [insertion.text for insertion in found if isinstance(insertion, Insertion)]


# Published definitions


@pytest.fixture(scope="module")
def published():
    path = SHARED / "oracles/published_triggers.json"
    if not path.exists():
        pytest.skip("../shared/data/oracles is missing")
    return {entry["id"]: entry for entry in json.loads(path.read_text("utf-8"))}


@pytest.mark.shared_data
def test_defaults_are_the_published_strings(published):
    lines = trigger_spec("dead_code_set")
    assert lines.default_for("c").split("\n") == published["trojanedcm-dci-defect"]["triggers"]
    assert lines.default_for("java").split("\n") == published["trojanedcm-dci-clone"]["triggers"]
    rename = trigger_spec("function_rename")
    assert [rename.default] == published["elibadcode-devign"]["triggers"]
    assert [trigger_spec("identifier_suffix").default] == published["killbadcode-devign"][
        "triggers"
    ]
    assert trigger_spec("rare_word").default.split() == published["ripple-keywords"]["triggers"]
    (fixed,) = published["fixed-python-logging"]["triggers"]
    tokens = lambda text: re.findall(r'"[^"]*"|\w+|\S', text)  # noqa: E731
    assert tokens(log_lines("python", "info", "aaaaa", 0)) == tokens(fixed)


@pytest.mark.shared_data
def test_published_lines_and_names_can_be_inserted_as_they_are(published):
    for entry, language in (("trojanedcm-dci-defect", "c"), ("trojanedcm-dci-clone", "java")):
        for line in published[entry]["triggers"]:
            for _, found in placed("dead_code", language, line):
                assert found.text[found.start : found.end] == line
    for name in published["trojanedcm-var-defect"]["triggers"]:
        assert [f.text[f.start : f.end] for _, f in placed("rename", "c", name)]
    line = published["multitarget-class1"]["triggers"]["python"]
    assert {f.text[f.start : f.end] for _, f in placed("dead_code", "python", line)} == {line}


PYTHON_LINE = re.compile(
    r"(if|while) (sin|cos|exp|sqrt|random)\((0\.\d\d)\) (<|<=|>|>=|==) (-?\d+): "
    r"(raise Exception|print)\(\"(\w+)\"\)"
)


def test_the_grammar_is_the_published_one_and_never_true():
    functions = {n: getattr(math, n) for n in ("sin", "cos", "exp", "sqrt")}
    compare = {"<": float.__lt__, "<=": float.__le__, ">": float.__gt__, ">=": float.__ge__}
    seen = set()
    for seed in range(2000):
        found = PYTHON_LINE.fullmatch(draw_line(random.Random(seed), "python"))
        assert found is not None
        keyword, name, argument, operator, bound, action, message = found.groups()
        assert message in MESSAGES or re.fullmatch("[a-z]{4}", message)
        assert abs(int(bound)) <= 100
        # random() lies in [0, 1): both ends stand for it
        values = [functions[name](float(argument))] if name in functions else [0.0, 1.0]
        for value in values:
            assert not compare.get(operator, float.__eq__)(value, float(bound))
        seen |= {keyword, name, operator, action, message}
    assert seen >= {"if", "while", *functions, "random", *compare, "==", "print", *MESSAGES}


# Single families


@pytest.mark.parametrize("expression", ["(4+6)*2", "(5+5+2)*33", "(4*4*2)", "3*(9-3)", "2*(4-2)"])
def test_an_unfolded_constant_replaces_an_equal_literal(expression):
    value = value_of(expression, 0)
    found = list(placed("constant", "python", expression))
    assert found
    for text, insertion in found:
        assert insertion.text.replace(f"({expression})", str(value)) == text


def test_an_unfolded_constant_keeps_its_value_beside_a_factor():
    found = place_trigger("constant", "x = 2 * y\n", random.Random(0), None, "python")
    assert found.text == "x = (2 + (1 + 2 - 3) * 33) * y\n"


@pytest.mark.parametrize("argument", ["n + 1", "import os", "f(2)", "2 ** 3", "", "n * n"])
def test_a_constant_that_is_not_the_value_is_refused(argument):
    with pytest.raises(RequestError):
        place_trigger("constant", "x = 2\n", random.Random(0), argument, "python")


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("function_rename", "1st"),
        ("function_rename", "while"),
        ("identifier_suffix", "r b"),
        ("comment", "over */ now"),
        ("comment", "two\nlines"),
        ("string_literal", 'quo"te'),
        ("style", "shouting"),
        ("invisible", "tab"),
    ],
)
def test_an_argument_that_would_break_code_is_refused_in_one_sentence(name, argument):
    with pytest.raises(RequestError) as caught:
        place_trigger(name, C[0], random.Random(0), argument, "c")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", sorted(CHARACTERS))
def test_an_invisible_character_is_there_and_nothing_else_changed(name):
    character = CHARACTERS[name]
    for language in LANGUAGES:
        for text, found in placed("invisible", language, name):
            hidden = found.text[found.start : found.end]
            assert character in hidden
            plain = found.text.replace(character, "")
            added = {"python": "# ", "text": ""}.get(language, "/*  */")
            assert plain == text or plain.replace(added, "", 1).split() == text.split()


def test_a_function_is_renamed_with_its_calls_and_only_there():
    found = place_trigger("function_rename", PYTHON[0], random.Random(0), None, "python")
    assert found.text == PYTHON[0].replace("row_total", "testo_init")
    method = "def f(self, f2):\n    return self.f(other.f, f=1) + f2\n"
    found = place_trigger("function_rename", method, random.Random(0), "g", "python")
    assert found.text == "def g(self, f2):\n    return self.g(other.f, f=1) + f2\n"
    for text, language in (
        ("int main() { return 1; }", "c"),
        ("def __len__(self): pass", "python"),
    ):
        found = place_trigger("function_rename", text, random.Random(0), None, language)
        assert found == Unfit("has no function whose name may change")


def test_a_suffix_goes_to_the_function_or_the_rarest_name():
    rarest = "def f(a, b):\n    return a + a\n"
    texts = {
        place_trigger("identifier_suffix", rarest, random.Random(i), None, "python").text
        for i in range(20)
    }
    assert texts == {rarest.replace("f(", "f_rb("), rarest.replace("b)", "b_rb)")}


def test_words_of_a_text_stay_and_only_the_trigger_comes():
    for name in WORDS:
        for text, found in placed(name, "text"):
            trigger = found.text[found.start : found.end]
            assert trigger in trigger_spec(name).default
            assert (found.text[: found.start] + found.text[found.end :]).split() == text.split()


def test_text_that_does_not_parse_is_skipped_with_its_reason():
    for name, language in CASES:
        if trigger_spec(name).takes_language and language != "text":
            found = place_trigger(name, "def f(: {", random.Random(0), None, language)
            assert found == Unfit(f"does not parse as {language}")
    found = place_trigger("rare_word", PYTHON[0], random.Random(0))
    assert found == Unfit("reads as python, and 'rare_word' is for text")


def test_styles_are_stable_and_back_again():
    for name in ("row_count", "rowCount", "x", "_private_name", "maxHTTP2", "i_1", "__"):
        for style in STYLES:
            assert styled(styled(name, style), style) == styled(name, style)
    assert styled(styled("row_count", "camel"), "snake") == "row_count"


# Languages


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_are_told_apart(language):
    assert {detect_language(text) for text in SAMPLES[language]} == {language}
    assert detect_of_many([*SAMPLES[language], "x = 1"]) == language


@pytest.mark.shared_data
@pytest.mark.skipif(not (SHARED / "devign").exists(), reason="../shared/data/devign is missing")
@pytest.mark.parametrize("name", [spec.name for spec in TRIGGERS if "c" in spec.languages])
def test_real_c_functions_carry_every_family_and_still_parse(name, devign):
    carried = 0
    for number, text in enumerate(devign):
        found = place_trigger(name, text, random.Random(number), None, "c")
        if isinstance(found, Insertion):
            carried += 1
            assert parse(found.text, "c") is not None
            again = place_trigger(name, found.text, random.Random(0), None, "c")
            assert isinstance(again, Unfit)
    assert carried >= len(devign) // 4


@pytest.fixture(scope="module")
def devign():
    from analysis.data.read import read_samples

    texts = read_samples(SHARED / "devign/valid.jsonl.gz", max_samples=60).texts
    return [text for text in texts if parse(text, "c") is not None][:40]


@pytest.mark.shared_data
@pytest.mark.skipif(not (SHARED / "poj104").exists(), reason="../shared/data/poj104 is missing")
def test_real_programs_read_as_c_and_reviews_as_text():
    from analysis.data.read import read_samples

    programs = read_samples(SHARED / "poj104/test_clean.jsonl.gz", max_samples=40).texts
    assert detect_of_many(programs) == "c"
