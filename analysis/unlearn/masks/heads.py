"""Attention heads with the largest mean |theta g_f| over their query, key and value rows."""

from __future__ import annotations

import re

import torch

from analysis.unlearn.masks.evidence import Evidence

QKV = re.compile(r"(?:\.(?:query|key|value)|Attention\.[qkv]|self_attn\.[qkv]_proj)\.weight$")


def heads(evidence: Evidence) -> dict[str, torch.Tensor]:
    """Every weight of a head gets the head's score; everything else is never chosen.

    Fused matrices (GPT-2, CodeGen) are not split and so not chosen.
    """
    width = evidence.stacks[0].d_head if evidence.stacks else 1
    found = {}
    for name, weight in evidence.weights.items():
        if not QKV.search(name) or weight.shape[0] % width:
            found[name] = torch.full_like(weight, -1.0)
            continue
        score = (weight * evidence.forget[name]).abs()
        rows = score.view(-1, width, score.shape[1]).mean(dim=(1, 2))
        found[name] = rows.repeat_interleave(width)[:, None].expand_as(weight).contiguous()
    return found
