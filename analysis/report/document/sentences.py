"""Sentences that can be said in a meeting as they stand, each with its number."""

from __future__ import annotations

from analysis.report.document.facts import Facts, subject_name
from analysis.report.document.page_one import actions
from analysis.report.document.phrases import percent_text, values_of, visible
from analysis.report.text import Words


def sentences(facts: Facts, words: Words) -> tuple[str, ...]:
    """Five to eight sentences: result, evidence, effect, limits, next step."""
    said = {**values_of(facts, words), "name": visible(subject_name(facts.chain))}
    key = facts.headline if facts.headline.startswith("scan") else facts.answer
    found = [words(f"say.{key}", **said)]
    if facts.model and facts.answer != facts.model:
        found.append(words(f"say.model.{facts.model}", **said))
    if facts.data and not key.startswith("scan"):
        found.append(words(f"say.data.{facts.data}", **said))
    found += _effect(facts, words)
    found.append(words("say.limits"))
    next_step = actions(facts, words)
    if next_step:
        found.append(words("say.next", action=next_step[0]))
    return tuple(found)


def _effect(facts: Facts, words: Words) -> list[str]:
    before, floor = (
        facts.figure("suspect", "asr_all"),
        facts.figure("suspect", "natural_flip_floor"),
    )
    after, utility = facts.figure("unlearned", "asr_all"), facts.figure("suspect", "clean_accuracy")
    found = []
    if before.value is not None:
        values = {"asr": percent_text(before, words), "floor": percent_text(floor, words)}
        found.append(words("say.effect", accuracy=percent_text(utility, words), **values))
    if after.value is not None:
        kept = percent_text(facts.figure("unlearned", "clean_accuracy"), words)
        found.append(words("say.after", asr=percent_text(after, words), accuracy=kept))
    return found
