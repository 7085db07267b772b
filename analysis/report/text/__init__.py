"""What reports and screens say, in each language: data in TOML, one reader."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from analysis.errors import KenshinError, RequestError

LANGUAGES = ("en", "ja")


@dataclass(frozen=True)
class Words:
    """The strings of one language.

    Attributes:
        language: one of `LANGUAGES`.
        strings: dotted key -> text with {placeholders}.
    """

    language: str
    strings: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key` with its placeholders filled in; values are never read as a pattern.

        Raises:
            KenshinError: an unknown key or a placeholder without its value.
        """
        try:
            return self.strings[key].format(**values)
        except KeyError as error:
            raise KenshinError(f"the text '{key}' in '{self.language}' lacks {error}.") from error

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self.strings

    def group(self, prefix: str) -> dict[str, str]:
        """The texts below `prefix`, by the rest of their key, in file order."""
        start = f"{prefix}."
        return {k.removeprefix(start): v for k, v in self.strings.items() if k.startswith(start)}


@lru_cache(maxsize=len(LANGUAGES))
def words_of(language: str) -> Words:
    """The words of a language.

    Raises:
        RequestError: a language that has no words.
    """
    if language not in LANGUAGES:
        raise RequestError(
            f"language '{language}' is not known.", f"Choose from {', '.join(LANGUAGES)}."
        )
    text = resources.files(__name__).joinpath(f"{language}.toml").read_text("utf-8")
    return Words(language, dict(_flat(tomllib.loads(text))))


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", str(value).strip()))
    return found
