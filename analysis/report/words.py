"""Sentences for people who do not read scores.

Uncertainty has fixed words: found, not found, inconclusive. A result that could not be computed
never reads like a clean one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.report.safe import inline_code
from analysis.report.text.spoken import say, term

ANSWER_WORDS = {
    "found": "FOUND",
    "not_found": term("NOT FOUND"),
    "inconclusive": "INCONCLUSIVE",
    # A removal; what its audit said is joined by `unlearn_words.public_answer`.
    "cleaned": term("CLEANED, NOT AUDITED"),
    "cleaned_removed": term("CLEANED, AUDITED: REMOVED"),
    "cleaned_hidden": term("AUDITED: ONLY HIDDEN"),
    "cleaned_present": term("AUDITED: STILL PRESENT"),
    "cleaned_unclear": term("CLEANED, AUDIT UNCLEAR"),
    "inverted": term("INVERTED, NOT REMOVED"),
    "not_cleaned": term("NOT CLEANED"),
    "declined": "DECLINED",
}
STATUS_WORDS = {
    "running": "RUNNING",
    "failed": "FAILED",
    "cancelled": "CANCELLED",
    "queued": "QUEUED",
    "done": "DONE",
}
CANNOT_PROVE = term(
    "A clean result means that these tests, on these samples, saw nothing. It does not prove that "
    "the model holds no backdoor."
)


ROUNDING = 1e-12  # 0.15 - 0.15 may leave 1.7e-18; no measured share or score is that small


@dataclass(frozen=True)
class TriggerText:
    """The trigger as far as the ranking located it."""

    text: str  # one line of the samples, as written there
    support: int  # flagged samples that hold it
    flagged: int  # flagged samples in all


def count(value: int) -> str:
    """A whole number with thousands separators: 2500 -> "2,500"."""
    return f"{value:,}"


def number(value: float | None) -> str:
    """Three significant digits, "–" for a missing value; what float64 leaves of a 0 is "0"."""
    if value is None or pd.isna(value):
        return "–"
    if abs(value) < ROUNDING:
        return "0"
    text = f"{value:.3g}"
    return f"{float(text):,.0f}" if "e+" in text else text


def p_value(value: float | None) -> str:
    """As `number`, but however small: a p-value of 1e-80 is none of 0."""
    tiny = value is not None and 0 < abs(value) < ROUNDING
    return f"{value:.3g}" if tiny else number(value)


def rate(value: float | None) -> str:
    """A share of samples, to a thousandth: more digits would promise what n cannot keep."""
    return number(value if value is None or pd.isna(value) else round(value, 3))


def interval(value: float | None, low: float | None, high: float | None, n: int | None) -> str:
    """A share with its 95 % interval and n: "0.97 [0.95–0.98], n 512"."""
    text = " ".join(part for part in (rate(value), bounds(low, high)) if part)
    return text if n is None else f"{text}, n {count(n)}"


def bounds(low: float | None, high: float | None) -> str:
    """An interval of a share: "[0.95–0.98]"; empty where there is none."""
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return ""
    # A dash between negative numbers reads as a minus.
    dash = say(" to ") if low < 0 or high < 0 else "–"
    return f"[{rate(low)}{dash}{rate(high)}]"


def duration(seconds: float | None) -> str:
    """A span of time as people say it: 80 -> "1 min 20 s"."""
    if seconds is None or pd.isna(seconds) or seconds < 0:
        return "–"
    whole = round(seconds)
    if whole < 60:
        return say("{seconds} s", seconds=whole)
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        if rest and minutes < 10:
            return say("{minutes} min {rest} s", minutes=minutes, rest=rest)
        return say("{minutes} min", minutes=minutes)
    hours, rest = divmod(whole, 3600)
    return say("{hours} h {minutes} min", hours=hours, minutes=rest // 60)


def layer_name(layer: str | None) -> str:
    """The words for "encoder:2": "layer 2"; the stack is named only where it is the decoder."""
    if not layer:
        return say("no single layer")
    stack, _, index = layer.rpartition(":")
    if stack == "decoder":
        return say("decoder layer {n}", n=index)
    return say("layer {n}", n=index)


def model_word(model: str) -> str:
    """A model by its role in a table: "suspect", "control-2"."""
    role, dash, number_of = model.partition("-")
    return f"{say(role)}{dash}{number_of}"


def answer_word(answer: str | None) -> str:
    """The fixed word of an answer or of a status."""
    if not answer:
        return say("NO VERDICT")
    words = {**ANSWER_WORDS, **STATUS_WORDS}
    return say(words.get(answer, answer.replace("_", " ").upper()))


def located_trigger(flagged: pd.DataFrame) -> TriggerText | None:
    """The text that most flagged samples have at their located span.

    Args:
        flagged: flagged rows with columns text, trigger_start and trigger_end (character
            offsets, -1 or missing where nothing was located).
    """
    if flagged.empty or "trigger_start" not in flagged:
        return None
    spans = flagged[flagged["trigger_end"].fillna(-1) > flagged["trigger_start"].fillna(-1)]
    spans = spans[spans["trigger_start"] >= 0]
    pieces = pd.Series(
        [
            str(text)[int(start) : int(end)].strip()
            for text, start, end in zip(
                spans["text"], spans["trigger_start"], spans["trigger_end"], strict=True
            )
        ],
        dtype="object",
    )
    pieces = pieces[pieces != ""]
    if pieces.empty:
        return None
    counts = pieces.value_counts()
    return TriggerText(str(counts.index[0]), int(counts.iloc[0]), len(flagged))


def trigger_text(metrics: Mapping[str, Any], flagged: pd.DataFrame) -> TriggerText | None:
    """The strongest suspicious candidate of a run, else what the flagged samples share."""
    for candidate in metrics.get("triggers") or ():
        if candidate.get("suspicious"):
            return TriggerText(
                str(candidate.get("text", "")).strip(),
                int(candidate.get("support", 0)),
                len(flagged),
            )
    return located_trigger(flagged)


def verdict_sentence(
    verdict: Mapping[str, Any] | None, trigger: TriggerText | None, n_samples: int
) -> str:
    """The first sentence of a run, in Markdown with sample text as safe inline code."""
    answer = (verdict or {}).get("answer")
    where = layer_name((verdict or {}).get("layer"))
    if answer == "found":
        if trigger is None:
            shows = (
                say("strongest at {where}", where=where)
                if (verdict or {}).get("layer")
                else say("in no one layer")
            )
            return say("The suspect model behaves like a backdoored one; {shows}.", shows=shows)
        return say(
            "{where}, trigger {text} in {support} of {n_samples} samples.",
            where=where.capitalize(),
            text=inline_code(trigger.text),
            support=count(trigger.support),
            n_samples=count(n_samples),
        )
    if answer == "not_found":
        return _not_found(verdict or {}, trigger, n_samples)
    if answer == "inconclusive":
        return say("The tests disagree or lack what they need; see the reasons.")
    return say("This run has no verdict.")


def _not_found(verdict: Mapping[str, Any], trigger: TriggerText | None, n_samples: int) -> str:
    data = part(verdict, "data")[0]
    if data != "found":
        return say(
            "No sign of a backdoor in the model or in the {n_samples} samples.",
            n_samples=count(n_samples),
        )
    holds = say(", such as {text}", text=inline_code(trigger.text)) if trigger else ""
    return say("The samples hold poison{holds}, but this model did not take it.", holds=holds)


def layer_sentence(
    title: str, last: int, suspect: float | None, reference: float | None, whom: str
) -> str:
    """What a layer shows: both models against the band of clean ones.

    Args:
        title: "Layer 2" or "Decoder layer 2".
        last: number of the deepest layer.
        suspect: its strongest statistic in half-widths of the clean band; 1 is the band's edge.
        reference: the same for the reference; None where the band comes from the reference.
        whom: the samples it separates, as "97 flagged samples".
    """
    where = say("{layer} of {last}", layer=title, last=last)
    if suspect is None:
        return say(
            "{where}: without a band of clean models, a shape on the map is not evidence.",
            where=where,
        )
    if suspect <= 1:
        return say("{where} looks like the clean models; nothing stands apart here.", where=where)
    if reference is None or reference <= 1:
        return say(
            "{where} separates {whom} from the rest; the clean reference does not.",
            where=where,
            whom=whom,
        )
    return say(
        "{where} leaves the clean band in both models: this alone does not speak "
        "against the suspect.",
        where=where,
    )


def part(verdict: Mapping[str, Any] | None, name: str) -> tuple[str, Sequence[str]]:
    """Answer and reasons of the `data` or `model` part of a verdict."""
    found = (verdict or {}).get(name) or {}
    return str(found.get("answer", "")), list(found.get("reasons", ()))


def share(some: int, total: int) -> str:
    """A part of a whole: "37 of 1,200"."""
    return say("{some} of {total}", some=count(some), total=count(total))


def shown(drawn: int, total: int) -> str:
    """How much of the data a picture shows: "1,433 of 2,500 shown"."""
    return say("{drawn} of {total} shown", drawn=count(drawn), total=count(total))
