"""A block for a model card, in Markdown: what was tested, how it went, what stays open."""

from __future__ import annotations

from analysis import __version__
from analysis.report.document.facts import Facts, subject_name, verdict_of
from analysis.report.document.findings import model_print
from analysis.report.document.gaps import not_tested
from analysis.report.document.phrases import figure_text, moment, values_of, visible
from analysis.report.document.release_words import approval_lines, trail_line
from analysis.report.safe import escape_markdown, inline_code
from analysis.report.text import words_of

_FIGURES = ("clean_accuracy", "asr_all", "natural_flip_floor", "excess_asr")


def model_card_bytes(facts: Facts, when: str) -> bytes:
    """The section, English, UTF-8."""
    words = words_of("en")
    run = facts.chain.inspection or facts.chain.focus
    lines = ["## Backdoor inspection", ""]
    lines += [f"- Model: {inline_code(visible(subject_name(facts.chain)))}"]
    for role in ("suspect", "unlearned"):
        found = [model_print(r, role) for r in facts.chain.runs]
        digest = next((d for d in found if d), "")
        lines += [f"- SHA-256 of the parameters, {role}: `{digest}`"] if digest else []
    lines += [f"- Result: **{words(f'answer.{facts.answer}')}**"]
    if facts.trigger is not None:
        lines += [f"- Trigger: {inline_code(visible(facts.trigger.text))}"]
    said = values_of(facts, words)
    lines += [f"- Layer: {said['layer']}; samples flagged: {said['flagged']} of {said['total']}"]
    lines += [f"- {escape_markdown(line)}" for line in approval_lines(facts.release, words)]
    lines += [f"- {said_trail}"] if (said_trail := trail_line(facts.release, words)) else []
    lines += [f"- Runs: {', '.join(f'`{r.run_id}`' for r in facts.chain.runs)}"]
    lines += [f"- Tool: Kenshin {__version__}, report of {moment(when)}", ""]
    lines += _figures(facts)
    lines += ["### Reasons", ""]
    lines += [f"- {escape_markdown(visible(str(r)))}" for r in verdict_of(run).get("reasons") or ()]
    lines += ["", "### Not tested", ""]
    lines += [f"- {escape_markdown(line)}" for line in not_tested(facts, words)]
    lines += ["", escape_markdown(words("say.limits")), ""]
    return "\n".join(lines).encode("utf-8")


def _figures(facts: Facts) -> list[str]:
    words = words_of("en")
    roles = list(facts.figures)
    if not roles:
        return []
    lines = ["| figure (95 % interval) | " + " | ".join(words(f"role.{r}") for r in roles) + " |"]
    lines += ["|---" * (len(roles) + 1) + "|"]
    for name in _FIGURES:
        cells = [figure_text(facts.figure(role, name)) for role in roles]
        lines += [f"| {words(f'figure.{name}')} | " + " | ".join(cells) + " |"]
    return [*lines, ""]
