"""Masks of `analysis.unlearn` on facts: WAGLE and its rivals at one ratio."""

from __future__ import annotations

from analysis.audit.facts_unlearn import MakeMask
from analysis.unlearn.kit import Kit
from analysis.unlearn.loop import Mask
from analysis.unlearn.masks.evidence import Evidence, matrices, mean_gradients
from analysis.unlearn.masks.make import top_share
from analysis.unlearn.masks.specs import mask_spec


def facts_mask(name: str, ratio: float, seed: int = 0) -> MakeMask:
    """What `unlearn_facts` wants: chooses the share `ratio` of all matrix weights.

    Args:
        name: of a mask that looks at weights or gradients ("wagle", "random", "magnitude", …).
        ratio: share of the weights that may change.
        seed: of the samples looked at and of random masks.

    Raises:
        RequestError: there is no such mask.
    """
    spec = mask_spec(name)

    def make(kit: Kit) -> Mask:
        looks = "gradients" in spec.needs
        forget, retain = (
            mean_gradients(kit.module, kit.score, kit.part(part), seed) if looks else {}
            for part in ("forget", "retain")
        )
        evidence = Evidence(
            weights=matrices(kit.module), forget=forget, retain=retain, ratio=ratio, seed=seed
        )
        return top_share(spec.resolve()(evidence), ratio)

    return make
