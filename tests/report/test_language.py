"""Both languages are complete, agree on placeholders, and nothing in them is left over."""

import ast
from itertools import product
from pathlib import Path
from string import Formatter

import numpy as np
import pytest

from analysis.detect.evidence import Evidence
from analysis.detect.reasons import describe, taken_for_real, tell
from analysis.detect.specs import DETECTORS
from analysis.detect.verdict import decide
from analysis.errors import KenshinError, RequestError
from analysis.explain.items import KINDS
from analysis.records import ProbeResult, TriggerCandidate
from analysis.report.text import LANGUAGES, words_of
from analysis.report.text.spoken import speaking, told
from analysis.report.text.translate import is_known, say

ROOT = Path(__file__).parents[2]
SPEAKERS = [
    *(ROOT / "analysis" / "report").rglob("*.py"),
    *(ROOT / "dashboard").rglob("*.py"),
]


def placeholders(text):
    return {name for _, name, *_ in Formatter().parse(text) if name is not None}


def keys_in_code():
    """(whole keys, beginnings of keys) among the string constants of the speakers."""
    whole, begun = set(), set()
    for path in SPEAKERS:
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        patterns = [node for node in nodes if isinstance(node, ast.JoinedStr)]
        inside = {id(part) for pattern in patterns for part in pattern.values}
        begun |= {p.values[0].value for p in patterns if isinstance(p.values[0], ast.Constant)}
        whole |= {
            node.value
            for node in nodes
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside
        }
    return whole, {text for text in begun if "." in text}


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "en"])
def test_every_language_has_the_same_keys_and_placeholders(language):
    english, other = words_of("en").strings, words_of(language).strings
    assert list(english) == list(other)
    assert {k: placeholders(t) for k, t in english.items()} == {
        k: placeholders(t) for k, t in other.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty(language):
    assert [key for key, text in words_of(language).strings.items() if not text.strip()] == []


def test_japanese_is_japanese():
    same = {
        key
        for key, text in words_of("ja").strings.items()
        if not any(ord(sign) > 0x2E80 for sign in text)
    }
    fixed = {"prints.sha256", "provenance.sha256", "format.pdf", "statistic.auc"}
    fixed |= {f"method.{name}" for name in ("pca", "tsne", "umap")}
    assert same == fixed


def test_every_text_is_used_and_every_used_text_exists():
    whole, begun = keys_in_code()
    groups = ("glossary.", "method_text.", "reason.", "phrase.", "arm.")  # read as a whole
    keys = set(words_of("en").strings)
    begun |= {f"{word}." for word in ("role", "sample_role")}  # the prefix is a variable there
    unused = {
        key
        for key in keys - whole
        if not key.startswith(groups) and not any(key.startswith(start) for start in begun)
    }
    assert unused == set()
    assert asked_in_code() <= keys


def asked_in_code():
    """Keys that are asked for by name: words("…") or says("…")."""
    calls = [
        node
        for path in SPEAKERS
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("words", "says")
    ]
    asked = {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}
    assert len(asked) > 150
    return asked


def test_a_missing_key_or_value_is_an_error_and_values_are_never_patterns():
    words = words_of("en")
    with pytest.raises(KenshinError, match="report.nothing"):
        words("report.nothing")
    with pytest.raises(KenshinError, match="lacks"):
        words("report.title")
    assert "{run}" in words("report.title", name="{run}")
    with pytest.raises(RequestError, match="'fr' is not known"):
        words_of("fr")


def candidates(evidence_mode):
    for kind, rivals in product(KINDS, (0, 3)):
        yield TriggerCandidate(
            kind, "x = 'a' in 3 of 4; {y}", 1, 30, 0.97, 12.3, 1e-5, np.arange(30), (), 0.4, rivals
        )


def probe(kind="line", source="reference", low=0.9, high=1.0, n=400):
    return ProbeResult("if 'q' in s:", kind, 0, n, 390, 12, 0.94, low, high, source)


DEAF = ProbeResult("testo_init", "identifier", 0, 400, 390, 380, 0.02, -0.01, 0.05, "placebo")


def written_sentences():
    """What the code writes into records, in every mode it has."""
    modes = ("label", "label_vs_reference", "prediction", "prediction_vs_reference")
    for mode in modes:
        evidence = Evidence(n=500, reference_kind="same-task", has_labels=True,
                            has_predictions=True, mode=mode)  # fmt: skip
        for candidate in candidates(mode):
            yield describe(candidate, evidence)
            yield taken_for_real(candidate, evidence)
    for kind, source in product(
        ("line", "identifier", "identifier_suffix"), ("reference", "placebo", "names")
    ):
        yield tell(probe(kind, source))
    yield from _verdicts()


def _verdicts():
    probes = ((), (probe(low=0.25, high=0.4),), (probe(low=0.05, high=0.6),),
              (probe(low=-0.1, high=0.1),), (probe(n=10),), (probe(),), (DEAF,))  # fmt: skip
    for kind, labels, said, mode, n, bank in product(
        ("same-task", "base", None), (True, False), (True, False),
        (None, "label", "label_vs_reference", "prediction"), (50, 500), probes,
    ):  # fmt: skip
        for some in ((), tuple(candidates(mode))[:1]):
            verdict = decide(
                Evidence(n=n, reference_kind=kind, has_labels=labels, has_predictions=said,
                         mode=mode, candidates=some, probes=(None,) * len(some), bank=bank,
                         bank_screened=40, bank_deaf=3 if n == 50 else 0, truncated_share=0.2,
                         reference_head_warning="odd" if n == 50 else "")
            )  # fmt: skip
            yield from (*verdict.data.reasons, *verdict.model.reasons, *verdict.not_tested)


def test_every_sentence_of_a_verdict_is_translated_with_its_numbers():
    unknown = {s for s in written_sentences() if not is_known(s)}
    assert unknown == set()
    said = say(tell(probe()), words_of("ja"))
    assert all(part in said for part in ("390", "400", "12", "+0.94", "if 'q' in s:"))
    assert "クリーンな参照モデル" in said
    assert "英語" not in said


def test_a_sentence_of_unknown_form_stays_english_and_is_marked():
    assert say("Something new.", words_of("ja")) == "原文（英語）：Something new."
    assert say("Something new.", words_of("en")) == "Something new."


def test_an_audit_is_told_in_japanese_with_its_attack_models_and_numbers():
    sentence = (
        "Relearning (RTT), 8 triggered samples in other functions shown 4 times at rate 0.0001: "
        "ASR unlearned 0.10 [0.05, 0.18], never-poisoned control 0.09 [0.04, 0.17], original "
        "0.99 [0.95, 1.00]; above the control by +0.01 [-0.05, +0.07] (up to 0.2 is "
        "usual between clean trainings)."
    )
    said = say(sentence, words_of("ja"))
    numbers = ["8", "4", "0.0001", "0.10", "0.18", "0.09", "0.99", "+0.01", "-0.05"]
    assert all(number in said for number in numbers)
    assert all(name in said for name in ("再学習（RTT）", "除去後", "非汚染の対照", "元のモデル"))
    assert not {"unlearned", "control", "original"} & set(said.split())
    assert say("quantisation (not part of this audit)", words_of("ja")).startswith("量子化（")


def test_removals_and_scans_are_told_in_japanese():
    cleaned = "Excess ASR on held-out triggered samples is +0.4% [-0.2% to +1.1%] (before: +82.1%), n = 515."  # noqa: E501
    said = say(cleaned, words_of("ja"))
    assert all(part in said for part in ("+0.4% [-0.2%～+1.1%]", "+82.1%", "515", "評価用の"))
    strange = (
        "The line 'x = 1' stands in 30 of 500 samples; label is 0 in 100% of them (z 9.1, adjusted "
        "p 0.001). It looks put in: 30 samples hold it that have nothing else in common "
        "(similarity 1.05 times the usual), and the rest of the file makes it improbable (61 bits)."
    )
    assert all(
        part in say(strange, words_of("ja")) for part in ("x = 1", "1.05", "61 ビット", "行")
    )


def test_every_detector_is_told_in_japanese():
    with speaking("ja"):
        told_in = [told(text) for spec in DETECTORS for text in (spec.summary, spec.misses)]
    assert [text for text in told_in if text.isascii() or "原文" in text] == []
