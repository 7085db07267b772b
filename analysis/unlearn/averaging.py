"""The mean of a run's last weights: what it settled around, instead of where it stopped.

Single late steps differ by points of accuracy and of ASR; their mean lies between them and is
looked at, kept and handed back in their place (Izmailov et al. 2018, arXiv 1803.05407; after every
step as in Polyak and Juditsky 1992). Weights that never moved stay bit-identical.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import nn


class Average:
    """Running mean of some parameters of one module.

    Args:
        named: the parameters that move, by name.
    """

    def __init__(self, named: Mapping[str, nn.Parameter]) -> None:
        self._named = named
        self._mean: dict[str, torch.Tensor] = {}
        self._n = 0

    @property
    def counted(self) -> bool:
        """Whether there is a mean yet."""
        return self._n > 0

    def add(self) -> None:
        """Count the weights as they are now."""
        self._n += 1
        with torch.no_grad():
            for name, p in self._named.items():
                if self._n == 1:
                    self._mean[name] = p.detach().clone()
                else:
                    self._mean[name].lerp_(p, 1 / self._n)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The module with the mean weights while it is looked at; unchanged where none count."""
        own = {name: self._named[name].detach().clone() for name in self._mean}
        try:
            self._put(self._mean)
            yield
        finally:
            self._put(own)

    def _put(self, values: Mapping[str, torch.Tensor]) -> None:
        with torch.no_grad():
            for name, value in values.items():
                self._named[name].copy_(value)
