import pandas as pd
import pytest

from analysis.report.behaviour_words import excess_asr
from analysis.report.quality import Panel, map_quality
from analysis.report.safe import (
    escape_but_code,
    escape_hover,
    escape_markdown,
    first_lines,
    inline_code,
)
from analysis.report.trigger_words import trigger_table
from analysis.report.words import (
    duration,
    interval,
    layer_name,
    layer_sentence,
    located_trigger,
    number,
    p_value,
    trigger_text,
    verdict_sentence,
)

FOUND = {"answer": "found", "layer": "encoder:2"}
CLEAN = {"answer": "not_found", "data": {"answer": "not_found"}}


def flagged(spans, texts=None):
    texts = texts or ["if x < 0: pass  # tail"] * len(spans)
    start, end = zip(*spans, strict=True)
    return pd.DataFrame({"text": texts, "trigger_start": start, "trigger_end": end})


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.123456, "0.123"), (1234567, "1,230,000"), (0, "0"), (None, "–"), (float("nan"), "–"),
     (97, "97"), (0.00001234, "1.23e-05"), (0.1 + 0.2 - 0.3, "0"), (-1.7e-18, "0")],
)  # fmt: skip
def test_numbers_have_three_significant_digits(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (80, "1 min 20 s"), (120, "2 min"), (1800, "30 min"),
     (7260, "2 h 1 min"), (None, "–"), (-1, "–")],
)  # fmt: skip
def test_durations_read_as_people_say_them(seconds, text):
    assert duration(seconds) == text


def test_a_small_p_value_is_not_rounded_to_nothing():
    assert p_value(2.07e-84) == "2.07e-84"
    assert [p_value(value) for value in (0.0, 0.0123456, None)] == ["0", "0.0123", "–"]


def test_intervals_carry_n_and_leave_out_what_is_unknown():
    assert interval(0.97, 0.95, 0.98, 512) == "0.97 [0.95–0.98], n 512"
    assert interval(0.97, None, None, None) == "0.97"


def test_layers_are_named_with_their_stack_only_in_the_decoder():
    assert layer_name("encoder:2") == "layer 2"
    assert layer_name("decoder:11") == "decoder layer 11"
    assert layer_name(None) == "no single layer"


def test_the_verdict_sentence_says_layer_trigger_and_counts():
    trigger = located_trigger(flagged([(0, 9)] * 97))
    text = verdict_sentence(FOUND, trigger, 2500)
    assert text == "Layer 2, trigger `if x < 0:` in 97 of 2,500 samples."


def test_a_clean_model_on_poisoned_samples_is_not_called_clean_data():
    verdict = {**CLEAN, "data": {"answer": "found"}}
    assert "hold poison" in verdict_sentence(verdict, None, 10)
    assert "did not take it" in verdict_sentence(verdict, None, 10)
    assert "No sign" in verdict_sentence(CLEAN, None, 10)


def test_no_verdict_and_inconclusive_never_read_like_clean():
    for verdict in (None, {}, {"answer": "inconclusive"}):
        assert "No sign" not in verdict_sentence(verdict, None, 10)


def test_the_located_trigger_is_the_commonest_span_and_may_be_missing():
    table = flagged([(0, 9), (0, 9), (3, 4), (-1, -1)])
    found = located_trigger(table)
    assert (found.text, found.support, found.flagged) == ("if x < 0:", 2, 4)
    assert located_trigger(flagged([(-1, -1)])) is None
    assert located_trigger(table.head(0)) is None


def test_a_suspicious_candidate_of_the_run_comes_before_the_spans():
    metrics = {
        "triggers": [{"text": "a", "support": 3}, {"text": "b", "support": 2, "suspicious": True}]
    }
    assert trigger_text(metrics, flagged([(0, 9)])).text == "b"
    assert trigger_text({}, flagged([(0, 9)])).text == "if x < 0:"


@pytest.mark.parametrize(
    ("suspect", "reference", "part"),
    [(None, None, "not evidence"), (0.9, None, "looks like the clean models"),
     (3.0, 0.2, "the clean reference does not"), (3.0, None, "the clean reference does not"),
     (3.0, 2.0, "both models")],
)  # fmt: skip
def test_layer_sentences(suspect, reference, part):
    assert part in layer_sentence("Layer 2", 12, suspect, reference, "97 flagged samples")


@pytest.mark.parametrize("text", ["a`b", "``", "`", "x```y", "a\n`b`\n", "", "![x](http://e/)"])
def test_inline_code_cannot_be_closed_from_inside(text):
    code = inline_code(text)
    fence = len(code) - len(code.lstrip("`"))
    inner = code[fence:-fence]
    assert code.endswith("`" * fence)
    assert "`" * fence not in inner
    assert "\n" not in code


def test_markup_is_defused():
    assert escape_hover("<b>&</b>") == "&lt;b&gt;&amp;&lt;/b&gt;"
    escaped = escape_markdown("![x](http://e/) <script> :red[y]")
    for sign in "![]()<>:":
        assert f"\\{sign}" in escaped


def test_first_lines_are_cut_in_both_directions():
    text = "\n".join(["", "x" * 100, "b", "", "c", "d"])
    assert first_lines(text, lines=2, width=10) == "x" * 9 + "…\nb\n…"
    assert first_lines("") == ""


def test_map_quality_is_found_per_model_and_shared_figures_serve_both():
    panel = {
        "method": "pca", "stack": "encoder", "layer": 2, "pooling": "mean",
        "warnings": ["thin", "PCA, suspect: x"],
        "quality": {
            "suspect.trustworthiness": 0.9, "reference.trustworthiness": 0.8, "stability": 0.7,
        },
    }  # fmt: skip
    metrics = {"projection": {"panels": [panel], "shown": 5, "total": 9}}
    found = map_quality(metrics, Panel("reference", "encoder", 2, "mean", "pca"))
    assert (found.trustworthiness, found.stability, found.continuity) == (0.8, 0.7, None)
    assert (found.shown, found.total, found.warnings) == (5, 9, ("thin",))
    assert map_quality(metrics, Panel("suspect", "encoder", 3, "mean", "pca")).shown is None


def test_triggers_stand_beside_what_inserting_them_does():
    metrics = {
        "triggers": [
            {"text": "b", "kind": "line", "target": 0, "support": 9, "purity": 1.0},
            {"text": "a", "kind": "line", "target": 0, "support": 5, "purity": 1, "suspicious": 1},
        ],
        "probes": [{"candidate": "a", "target": 0, "n": 200, "flips": 190, "floor_flips": 20,
                    "excess": 0.85, "low": 0.8, "high": 0.9, "floor_source": "reference"}],
    }  # fmt: skip
    table = trigger_table(metrics)
    assert list(table["trigger"]) == ["a", "b"]
    assert list(table["flips"]) == ["190 of 200", "not inserted"]
    assert table["excess"][0] == "0.85 [0.8 to 0.9]"
    assert trigger_table({}).empty


def test_excess_asr_is_read_with_its_interval():
    stored = {"suspect": {"excess_asr": {"value": 0.8, "low": 0.7, "high": 0.9, "n": 5}}}
    assert excess_asr(stored) == (0.8, 0.7, 0.9, 5)
    assert excess_asr({"suspect": {}}) == excess_asr({}) == (None, None, None, None)


def test_code_between_back_ticks_stays_code_and_the_rest_is_escaped():
    assert escape_but_code("T: `a < b` in *it*") == "T\\: `a < b` in \\*it\\*"
    assert escape_but_code("one ` alone") == escape_markdown("one ` alone")
