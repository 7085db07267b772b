"""Changed forms of a trigger: never the trigger itself, always of its kind."""

import ast

import pytest

from analysis.explain.payloads import Payload
from analysis.unlearn.variants import variants_of


def line(text):
    return Payload(text, "line", (text,))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "text",
    [
        "if len('t') < 0: raise Exception('fail')",
        "assert 15 >= 0",
        "while sin(0.5) < -100:\n    print('warning')",
    ],
)
def test_a_changed_line_is_another_line_of_code(text, seed):
    forms = variants_of(line(text), seed)
    assert forms
    for form in forms:
        assert form.kind == "line"
        assert form.instances != (text,)
        if "assert" not in text:  # `assert` has no keyword of its kind to be exchanged with
            ast.parse(form.instances[0])


def test_a_line_changes_its_words_then_its_keywords_then_both():
    words, only_keywords, keywords = (
        f.name for f in variants_of(line("if len('t') < 0: raise Exception('fail')"))
    )
    assert words.startswith("if len('")
    assert "'t'" not in words
    assert "'fail'" not in words
    assert only_keywords == "while len('t') < 0: raise ValueError('fail')"
    assert keywords.startswith("while len('")
    assert "'fail'" not in keywords
    assert "ValueError" in keywords


def test_a_changed_name_is_another_name():
    swapped, exchanged = variants_of(Payload("testo_init", "identifier", ("testo_init",)))
    assert swapped.name == "init_testo"
    assert exchanged.name.startswith("testo_")
    assert exchanged.name != "testo_init"
    assert all(f.name.isidentifier() for f in variants_of(Payload("rb", "identifier", ("rb",))))


def test_the_same_seed_gives_the_same_forms_and_families_have_none():
    trigger = line("if len('t') < 0: raise Exception('fail')")
    assert variants_of(trigger, 3) == variants_of(trigger, 3)
    assert variants_of(trigger._replace(family="dead_code")) == ()
