"""What the map component says, in the reader's language; {n} and the like stay for the browser."""

from __future__ import annotations

from dashboard.text import say, term

WORDS = {
    "layer": term("Layer"),
    "row": term("row"),
    "toolbar": term("Map tools"),
    "tools": term("Pointer"),
    "lasso": term("Lasso"),
    "lasso_hint": term("Draw around points. Shift adds, Alt takes away."),
    "box": term("Box"),
    "box_hint": term("Drag a rectangle. Shift adds, Alt takes away."),
    "pan": term("Move"),
    "pan_hint": term("Drag to move (3-D: to turn both models), wheel to zoom."),
    "zoom_in": term("Zoom in"),
    "zoom_out": term("Zoom out"),
    "fit": term("Fit"),
    "fit_hint": term("Back to every point"),
    "axes": term("Axes"),
    "shared": term("Shared axes"),
    "shared_hint": term("One origin and one scale for every model: places compare, too"),
    "centred": term("Centred"),
    "centred_hint": term(
        "Each model around its own middle, at one scale and with the same directions: shapes and "
        "sizes compare, places do not"
    ),
    "own": term("Own axes"),
    "own_hint": term("Each panel fits its own points: shapes become visible, sizes do not compare"),
    "own_note": term("Own axes: distances do not compare between the panels."),
    "centred_note": term(
        "Each model is centred on its own middle; scale and directions are shared. The two middles "
        "lie {gap} spreads apart."
    ),
    "apart_note": term(
        "The models' middles lie {gap} spreads apart, so that shared axes leave little room for "
        "each: see Centred."
    ),
    "contours": term("Contours"),
    "contours_hint": term(
        "Lines around the densest areas: the inner one holds half of the points, the outer one "
        "nine in ten; per colour where there are few"
    ),
    "labels": term("Words"),
    "labels_hint": term(
        "The words that set each dense group apart from the rest of the samples (c-TF-IDF)"
    ),
    "clear": term("Clear"),
    "clear_hint": term("Forget the selection (Escape)"),
    "undo": term("Undo"),
    "undo_hint": term("Back to the selection before this one (u)"),
    "png_hint": term("Save this picture as PNG"),
    "svg_hint": term("Save this picture as SVG"),
    "play": term("Play through the layers"),
    "pause": term("Pause"),
    "play_hint": term(
        "Play through the layers (p). Points move between drawn places; each layer has axes of "
        "its own"
    ),
    "speed": term("Speed {n}×"),
    "speed_hint": term("Change the speed"),
    "keys": term("← → layer · u undo · Esc clear · p play"),
    "keys_hint": term("These keys work anywhere on the page, except where one writes"),
    "selected": term("{n} selected"),
    "nothing_selected": term("nothing selected"),
    "histogram_title": term("score of the samples shown; bar heights are square roots of counts"),
    "histogram_hint": term("Drag to select by score. Shift adds, Alt takes away."),
    "histogram_alt": term(
        "How many of the samples shown have which score; what is selected stands out. The "
        "threshold on the Anomalies screen does the same without a pointer."
    ),
}


def map_words() -> dict[str, str]:
    """Key of the component -> text with its placeholders still in it."""
    return {key: say(text) for key, text in WORDS.items()}
