"""Typefaces that come by package, so that no reader and no server needs one of its own.

DejaVu Sans (Latin, part of matplotlib) and IPAex Gothic (Japanese, package matplotlib-fontja, IPA
Font License 1.0, which allows embedding in documents). Neither package is asked to change any
setting: the fonts are only read.
"""

from __future__ import annotations

import base64
import io
from functools import lru_cache
from importlib import util
from pathlib import Path

from analysis.errors import KenshinError

JAPANESE = "IPAexGothic"
_FIRST_WIDE = 0x2E80  # CJK blocks begin here


@lru_cache(maxsize=1)
def japanese_font() -> Path:
    """File of the Japanese typeface.

    Raises:
        KenshinError: the package that brings it is missing.
    """
    # Importing the package would change matplotlib for the whole process: only look where it is.
    found = util.find_spec("matplotlib_fontja")
    for place in (found.submodule_search_locations or ()) if found is not None else ():
        path = Path(place) / "fonts" / "ipaexg.ttf"
        if path.is_file():
            return path
    raise KenshinError(
        "the Japanese typeface is not installed.", "Install it: pip install matplotlib-fontja."
    )


@lru_cache(maxsize=4)
def latin_font(name: str = "DejaVuSans") -> Path:
    """File of a DejaVu typeface: DejaVuSans, DejaVuSans-Bold or DejaVuSansMono."""
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"


def is_wide(text: str) -> bool:
    """Whether `text` holds a sign that needs the Japanese typeface."""
    return any(ord(sign) >= _FIRST_WIDE for sign in text)


@lru_cache(maxsize=8)
def covered(path: Path) -> frozenset[int]:
    """Code points for which the typeface has a glyph."""
    from fontTools.ttLib import TTFont

    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


def embedded_subset(text: str) -> str:
    """The glyphs of `text` that only the Japanese typeface has, as a base64 WOFF; may be empty."""
    from fontTools import subset

    wanted = {ord(sign) for sign in text if ord(sign) >= 0x80} & covered(japanese_font())
    if not any(point >= _FIRST_WIDE for point in wanted):
        return ""
    options = subset.Options(flavor="woff", notdef_outline=True, recalc_timestamp=False)
    options.layout_features = []
    font = subset.load_font(str(japanese_font()), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted)
    cutter.subset(font)
    buffer = io.BytesIO()
    subset.save_font(font, buffer, options)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
