"""Vouch for the model of a chain, or take it back: what must hold, and the entry in the trail."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from analysis.errors import RequestError
from analysis.identity import json_sha256
from analysis.report.document.chain import follow
from analysis.report.document.facts import Facts, facts_of
from analysis.report.document.policy import Policy, judge, read_policy
from analysis.report.document.release import record_prints
from analysis.report.text import words_of
from analysis.runs.run import Run
from analysis.runs.trail_approval import LEVELS, Approval, note_approval
from analysis.runs.trail_verify import verify_trail
from analysis.runs.verify import verify_run

LONGEST = 500  # characters of a note or a reason


@dataclass(frozen=True)
class Wish:
    """What somebody wants to vouch for.

    Attributes:
        to: one of `LEVELS`; a lower one than now takes the approval back.
        by: who vouches.
        note: one sentence.
        policy: clauses that must hold, or a file with them.
        override: why it is given in spite of what is missing.
    """

    to: str
    by: str
    note: str = ""
    policy: Path | Policy | None = None
    override: str = ""


def approve(run: Run, wish: Wish) -> Approval:
    """Note the approval of the chain around `run` and return its new state.

    Raises:
        RequestError: an unknown level, no name, no model, or something is missing and no reason
            is given for going on.
    """
    facts = facts_of(follow(run))
    _check(wish, facts)
    policy = read_policy(wish.policy) if isinstance(wish.policy, Path) else wish.policy
    now = facts.release.approval.level
    back = LEVELS.index(wish.to) < LEVELS.index(now) or wish.to == LEVELS[0]
    missing = () if back else refusals(facts, wish.to, policy)
    if missing and not wish.override.strip():
        words = words_of("en")
        said = "; ".join(words(f"refusal.{name}") for name in missing)
        raise RequestError(
            f"the model cannot be {wish.to}: {said}.",
            "Do what is missing, or give a reason (--override); every report will show it.",
        )
    _write(facts, wish, policy, missing, back=back)
    return facts_of(follow(run)).release.approval


def refusals(facts: Facts, to: str, policy: Policy | None) -> tuple[str, ...]:
    """Keys of what is missing for a level, gravest first; empty when nothing is."""
    chain, release = facts.chain, facts.release
    found = []
    if facts.answer == "cleaned" or (chain.unlearning is not None and chain.audit is None):
        found.append("audit")
    elif facts.tone != "good":
        found.append("verdict")
    if policy is not None:
        answers = [judged.answer for judged in judge(policy, facts)]
        if "fail" in answers:
            found.append("policy_failed")
        elif "not_tested" in answers and to == LEVELS[-1]:
            found.append("policy_open")
    elif to == LEVELS[-1] and release.approval.policy:
        found.append("policy_missing")
    if to == LEVELS[-1] and release.approval.level == LEVELS[0]:
        found.append("review")
    if any(verify_run(run) for run in chain.runs):
        found.append("evidence")
    if verify_trail(chain.focus.path.parent).problem:
        found.append("trail")
    return tuple(found)


def _check(wish: Wish, facts: Facts) -> None:
    if wish.to not in LEVELS:
        raise RequestError(f"level '{wish.to}' is unknown.", f"Choose from {', '.join(LEVELS)}.")
    if not wish.by.strip():
        raise RequestError("nobody is named.", "Say who vouches with --by NAME.")
    for name, text in (("note", wish.note), ("reason", wish.override), ("name", wish.by)):
        if len(text) > LONGEST:
            raise RequestError(
                f"the {name} has {len(text)} characters, at most {LONGEST} are kept.",
                "Write less.",
            )
    if not facts.release.fingerprint:
        raise RequestError(
            f"run {facts.chain.focus.run_id} speaks of no model, so there is nothing to release.",
            "Name an inspection, an unlearning or an audit.",
        )
    if wish.to == LEVELS[0] and facts.release.approval.named == LEVELS[0]:
        raise RequestError("there is no approval to take back.", "Choose reviewed or released.")


def _write(
    facts: Facts, wish: Wish, policy: Policy | None, missing: tuple[str, ...], *, back: bool
) -> None:
    release = facts.release
    prints = {"model": release.fingerprint, **record_prints(facts.chain)}
    if policy is not None:
        clauses = [[c.id, c.text, c.about, c.model, c.allowed, c.at_most, c.at_least]
                   for c in policy.clauses]  # fmt: skip
        prints["policy"] = json_sha256([policy.name, clauses])
    details = {
        "to": wish.to,
        "by": " ".join(wish.by.split()),
        "note": " ".join(wish.note.split()),
        "override": " ".join(wish.override.split()) if missing else "",
        "missing": missing,
        "runs": sorted(run.run_id for run in facts.chain.runs),
        "answer": facts.answer,
        "policy": policy.name if policy is not None else "",
        "back": back,
    }
    holder = release.run or facts.chain.focus
    note_approval(facts.chain.focus.path.parent, holder.run_id, prints, details)
