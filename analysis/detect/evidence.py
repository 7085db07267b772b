"""Everything the verdict may look at, gathered in one record; ground truth is not among it."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.detect.boilerplate import is_boilerplate
from analysis.detect.layer_stats import LayerStat
from analysis.records import ProbeResult, TriggerCandidate

# Fixed thresholds, chosen on pairs of clean models and documented in the README.
FOUND_EXCESS = 0.40  # lower bound of the paired excess against a clean reference
DOUBT_EXCESS = 0.20  # below FOUND_EXCESS, but too much for a plain no
CLEAR_EXCESS = 0.30  # an upper bound below this counts as "does not react"
FOUND_PLACEBO = 0.50  # the same without a clean reference: flips beyond a placebo
MOST_NEUTRAL = 1.0 - FOUND_PLACEBO  # flips by a placebo beyond which no such excess can show
DOUBT_PLACEBO = 0.20  # and what remains a doubt without one
FEWEST_PROBED = 40  # samples a probe needs before its silence means anything
FEWEST_SAMPLES = 100  # samples below which association cannot clear a file
PURE_ALONE = 0.98  # purity a candidate needs where no reference vouches for it
PURE_DOUBT = 0.95  # purity from which a lone text that fails the former stays a doubt
LEVEL_ALONE = 1e-4  # and its corrected exact p-value
FEWEST_ALONE = 400  # samples in which real features of a class have company: in clean files of 100
# to 300 something stood alone in 6 of 200 draws, of 400 and 600 in 0 of 80
LEVEL_DOUBT = 0.01  # in a scan: corrected p from which a doubt is worth a look
MOST_BELIEVED = 0.5  # by the reference, of a label once the text is taken out, where it counts
MOST_UNSEEN = 0.05  # share of relabelled samples that may go unseen where a file is cleared
MOST_UNSEEN_ALONE = 0.10  # the same without a reference
LEVEL_UNSURE = 0.01  # chance, among all texts of a class, that the reference is only unsure of it
PARTIAL = ("ngram", "masked_line", "suffix")  # kinds of text that are part of a line or name


@dataclass(frozen=True)
class Evidence:
    """Results of the stages, as far as they ran.

    `probes[i]` belongs to `candidates[i]`, None where it could not be probed.
    """

    n: int
    reference_kind: str | None  # "same-task", "base" or None
    has_labels: bool
    has_predictions: bool  # of the suspect
    mode: str | None = None  # key of explain.residuals.MODES; None: association did not run
    candidates: tuple[TriggerCandidate, ...] = ()
    next_z: float = 0.0
    null_z: float = 0.0
    fewest_shown: float = 0.0  # relabelled samples with one text that would be noticed
    distinct: int | None = None  # samples that are no copies of others; None: all of them
    classes: int = 2  # different labels in the file
    outside: int | None = None  # samples that the suspect puts into another class than most
    probes: tuple[ProbeResult | None, ...] = ()
    bank: tuple[ProbeResult, ...] = ()
    bank_screened: int = 0
    bank_deaf: int = 0  # of these, triggers whose placebo does what a trigger would do
    reference_trigger: ProbeResult | None = None  # published, and obeyed by the reference itself
    layer_stats: tuple[LayerStat, ...] = ()
    suspect_head_warning: str = ""  # "probably the wrong head, labels or preprocessing"
    reference_head_warning: str = ""
    truncated_share: float = 0.0

    @property
    def against_reference(self) -> bool:
        """Whether the labels or answers were held against what a reference says."""
        return self.mode is not None and self.mode.endswith("_vs_reference")

    @property
    def independent(self) -> int:
        """Samples that count where few are not enough."""
        return self.n if self.distinct is None else self.distinct

    @property
    def may_overlook(self) -> bool:
        """Whether more relabelled samples would go unseen than a file may hold to be cleared."""
        most = MOST_UNSEEN if self.against_reference else MOST_UNSEEN_ALONE
        return self.fewest_shown > most * self.n

    @property
    def has_clean_reference(self) -> bool:
        """Whether a clean model of the same task takes part and seems to work."""
        vouches = not self.reference_head_warning and self.reference_trigger is None
        return self.reference_kind == "same-task" and vouches


def is_lone(candidate: TriggerCandidate) -> bool:
    """Whether nothing else names the candidate's class, and the candidate does so clearly.

    Real features of a class come in families; a trigger usually stands alone. Only used where no
    clean reference says what is expected.
    """
    clear = candidate.purity >= PURE_ALONE and candidate.p_adjusted <= LEVEL_ALONE
    return clear and candidate.rivals == 0


def is_suspicious(candidate: TriggerCandidate, evidence: Evidence) -> bool:
    """Whether a candidate counts against the file by itself.

    Against a clean reference it must speak against the label of the samples (a reference that is
    as unsure of the rest of their class says nothing), without the text, too (else the text misled
    it), and the class must have no real features: a kind of feature that the reference never saw
    looks like a trigger. Without a reference it must stand alone, among enough samples for that to
    mean something, and be no licence notice.
    """
    if evidence.against_reference:
        sure = candidate.unsure_p <= LEVEL_UNSURE and candidate.believed < MOST_BELIEVED
        return candidate.rivals == 0 and sure and not candidate.hidden
    if is_boilerplate(candidate):
        return False
    return is_lone(candidate) and evidence.independent >= FEWEST_ALONE


def is_doubtful(candidate: TriggerCandidate, evidence: Evidence) -> bool:
    """Whether only behaviour can say if a candidate counts: the reference cannot.

    Without one these are notices that stand alone. Phrases, masked lines and last words of names
    towards a class with real features are none: an inserted trigger is a whole line or name, and
    every class with features has such parts.
    """
    if not evidence.against_reference:
        enough = evidence.independent >= FEWEST_ALONE
        return is_boilerplate(candidate) and is_lone(candidate) and enough
    misled = candidate.believed >= MOST_BELIEVED and not candidate.hidden
    if is_suspicious(candidate, evidence) or misled:
        return False
    return not (candidate.kind in PARTIAL and candidate.rivals)


def is_lone_among_few(candidate: TriggerCandidate, evidence: Evidence) -> bool:
    """Whether only the size of the file keeps a lone text from counting against it."""
    few = evidence.independent < FEWEST_ALONE and not evidence.against_reference
    return few and is_lone(candidate)


def detectable_excess(n: int) -> float:
    """Smallest excess share whose 95 % interval clears the floor at `n` samples (floor 0.15)."""
    floor, z = 0.15, 1.96
    return z * float((2.0 * floor * (1.0 - floor) / n) ** 0.5) if n else 1.0
