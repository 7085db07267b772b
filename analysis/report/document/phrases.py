"""Small pieces of text that several parts of a document share."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.report.behaviour_words import Figure
from analysis.report.document.facts import Facts, verdict_of
from analysis.report.text import Words
from analysis.report.text.translate import say
from analysis.report.words import count, interval, number
from analysis.runs.run import Run

SHORT = 12  # hex digits of a fingerprint on page 1
_KEPT = "\n\t"
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def visible(text: str) -> str:
    """`text` with control, direction and zero-width characters written out.

    Such a character can be a trigger, can turn the reading order of a page around, and cannot
    stand in a slide's XML.
    """
    return "".join(
        f"\u27e8U+{ord(sign):04X}\u27e9"
        if unicodedata.category(sign) in _HIDDEN and sign not in _KEPT
        else sign
        for sign in text.replace("\r\n", "\n")
    )


def one_line(text: str, limit: int = 90) -> str:
    """`text` on one line, cut to `limit` characters, hidden characters written out."""
    flat = visible(" ".join(text.split()))
    return flat if len(flat) <= limit else flat[: limit - 1] + "\u2026"


def figure_text(figure: Figure | Mapping[str, Any] | None) -> str:
    """A share with its interval and n, a dash where it was not measured."""
    if figure is None:
        return number(None)
    if isinstance(figure, Figure):
        return interval(figure.value, figure.low, figure.high, figure.n)
    values = [figure.get(name) for name in ("value", "low", "high", "n")]
    return interval(*values)


def percent_text(figure: Figure, words: Words) -> str:
    """A share as people say it: "99.8 % (98.9 to 100 %, n 515)"."""
    if figure.value is None:
        return number(None)
    share = _percent(figure.value)
    if figure.low is None or figure.high is None or figure.n is None:
        return f"{share} %"
    between = {"low": _percent(figure.low), "high": _percent(figure.high)}
    return words("say.percent", share=share, n=count(figure.n), **between)


def _percent(value: float) -> str:
    """To a tenth; no share of a few hundred samples keeps more."""
    return f"{100 * value:.1f}".removesuffix(".0")


def layer_text(layer: str | None, words: Words) -> str:
    """Words for "encoder:2"."""
    if not layer:
        return words("layer.none")
    stack, _, index = str(layer).rpartition(":")
    return words("layer.decoder" if stack == "decoder" else "layer.encoder", n=index)


def stage_answer(name: str, run: Run, words: Words, *, audited: bool = False) -> str:
    """The answer of one stage in words; an inspection answers for the model and for the data.

    Args:
        name: of the stage.
        run: of the stage.
        words: the language.
        audited: whether the chain has an audit; without one, cleaned is "not audited".
    """
    verdict = verdict_of(run)
    if run.status != "done":
        return words(f"answer.{run.status}")
    if run.kind == "inspect":
        return words(
            "page.two_answers",
            model=_part(verdict, "model", words),
            data=_part(verdict, "data", words),
        )
    if name == "scan":
        return words("page.data_answer", data=_part(verdict, "data", words))
    answer = str(verdict.get("answer") or "none")
    if answer == "cleaned" and audited:
        return words("answer.cleaned_audited")
    return words(f"answer.{answer}") if words.has(f"answer.{answer}") else answer


def _part(verdict: Mapping[str, Any], name: str, words: Words) -> str:
    answer = str((verdict.get(name) or {}).get("answer") or verdict.get("answer") or "none")
    return words(f"answer.{answer}") if words.has(f"answer.{answer}") else answer


def reasons(values: Sequence[Any], words: Words) -> tuple[str, ...]:
    """Sentences of a record in the language, each once, hidden characters written out."""
    said = [visible(say(str(value), words)) for value in values if str(value).strip()]
    return tuple(dict.fromkeys(said))


def moment(iso: str | None) -> str:
    """The minute of an ISO 8601 moment, in UTC as written."""
    return f"{iso[:16].replace('T', ' ')} UTC" if iso else number(None)


def values_of(facts: Facts, words: Words) -> dict[str, object]:
    """What verdict sentences, actions and meeting sentences may name."""
    verdict = verdict_of(facts.chain.inspection)
    excess = facts.figure("suspect", "excess_asr")
    trigger = facts.trigger
    return {
        "trigger": one_line(trigger.text) if trigger else words("page.no_trigger"),
        "support": count(trigger.support) if trigger else "0",
        "layer": layer_text(verdict.get("layer"), words),
        "flagged": count(facts.flagged),
        "total": count(facts.total),
        "excess": figure_text(excess),
        "run": facts.deciding.run_id,
        "inspection": facts.chain.inspection.run_id if facts.chain.inspection else "",
        "unlearning": facts.chain.unlearning.run_id if facts.chain.unlearning else "",
    }
