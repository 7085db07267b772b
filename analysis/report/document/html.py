"""A report as one web page: nothing is loaded from elsewhere and nothing in it can run."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from importlib import resources

from analysis.report.charts.marks import Missing
from analysis.report.document.blocks import (
    Block,
    Bullets,
    Code,
    Document,
    Grid,
    Paragraph,
    Picture,
    Section,
)
from analysis.report.document.fonts import JAPANESE, embedded_subset
from analysis.report.document.pictures import Pictures
from analysis.report.text import Words, words_of

SIGNS = {"bad": "▲", "good": "●", "caution": "◆", "neutral": "■"}


def html_bytes(document: Document, pictures: Pictures, theme: str) -> bytes:
    """The whole report, UTF-8."""
    words = words_of(document.language)
    body = _page_one(document, pictures, words) + _sentences(document, words)
    body += "".join(_section(section, pictures, words) for section in document.sections)
    return _page(document, _contents(document, words) + body, theme)


def preview_html(document: Document, pictures: Pictures, theme: str, page: str = "") -> str:
    """Page 1 or one section alone, for a screen that shows it beside the choices."""
    words = words_of(document.language)
    section = next((s for s in document.sections if s.key == page), None)
    body = (
        _page_one(document, pictures, words)
        if section is None
        else _section(section, pictures, words)
    )
    return _page(document, body, theme).decode("utf-8")


def _page(document: Document, body: str, theme: str) -> bytes:
    text = f"{document.title}{body}"
    font = embedded_subset(text)
    face = ""
    if font:
        face = (
            f'@font-face{{font-family:"{JAPANESE}";src:url(data:font/woff;base64,{font})'
            ' format("woff")}'
        )
    style = face + _css()
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; img-src data:; font-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        f'<!doctype html>\n<html lang="{document.language}" data-theme="{escape(theme)}">\n'
        f'<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(document.title)}</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    ).encode()


def _css() -> str:
    return resources.files(__package__).joinpath("report.css").read_text("utf-8")


def _page_one(document: Document, pictures: Pictures, words: Words) -> str:
    first = document.first
    charts = "".join(
        f'<div class="chart c{index}">{_picture(picture, pictures, words)}</div>'
        for index, picture in enumerate(first.pictures)
    )
    actions = "".join(f"<li>{escape(line)}</li>" for line in first.action)
    return (
        f'<article class="first" id="summary"><header><h1>{escape(document.title)}</h1>'
        f'<p class="muted">{escape(document.subtitle)}</p></header>'
        f'<section class="verdict {first.tone}"><p class="word">'
        f'<span aria-hidden="true">{SIGNS[first.tone]}</span> {escape(first.word)}</p>'
        f'<p class="lead">{escape(first.sentence)}</p>'
        f'<p class="muted">{escape(first.confidence)}</p>{_approval(first.approval)}</section>'
        f'<section class="two"><div><h2>{escape(words("page.action_title"))}</h2>'
        f"<ol>{actions}</ol></div><div><h2>{escape(words('page.not_tested_title'))}</h2>"
        f"{_bullets(first.not_tested)}</div></section>"
        f'<section class="charts">{charts}<p class="muted">{escape(pictures.note(words))}</p>'
        f"</section><section><h2>{escape(words('page.stages_title'))}</h2>"
        f"{_grid(first.stages)}<h2>{escape(words('page.compared_title'))}</h2>"
        f"{_grid(first.compared)}"
        f'</section><footer class="muted">{escape(first.colophon)}</footer></article>\n'
    )


def _approval(lines: tuple[str, ...]) -> str:
    return "".join(f'<p class="approval">{escape(line)}</p>' for line in lines)


def _contents(document: Document, words: Words) -> str:
    links = [("summary", words("report.page_one")), ("sentences", words("report.sentences"))]
    links += [(section.key, section.title) for section in document.sections]
    items = "".join(f'<li><a href="#{key}">{escape(title)}</a></li>' for key, title in links)
    return f'<nav aria-label="{escape(words("report.contents"))}"><ul>{items}</ul></nav>\n'


def _sentences(document: Document, words: Words) -> str:
    lines = "".join(f"<li>{escape(line)}</li>" for line in document.sentences)
    return (
        f'<section id="sentences"><h2>{escape(words("report.sentences"))}</h2>'
        f'<p class="muted">{escape(words("report.sentences_lead"))}</p><ul>{lines}</ul></section>\n'
    )


def _section(section: Section, pictures: Pictures, words: Words) -> str:
    blocks = "".join(_block(block, pictures, words) for block in section.blocks)
    return f'<section id="{section.key}"><h2>{escape(section.title)}</h2>{blocks}</section>\n'


def _block(block: Block, pictures: Pictures, words: Words) -> str:
    if isinstance(block, Paragraph):
        return f"<p{' class=muted' if block.muted else ''}>{escape(block.text)}</p>"
    if isinstance(block, Bullets):
        return _bullets(block.items)
    if isinstance(block, Code):
        return f"<pre><code>{escape(block.text)}</code></pre>"
    if isinstance(block, Grid):
        return _grid(block)
    return _picture(block, pictures, words)


def _bullets(items: tuple[str, ...]) -> str:
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>" if items else ""


def _grid(grid: Grid) -> str:
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in grid.header)
    head = f"<thead><tr>{head}</tr></thead>" if head else ""
    rows = "".join(f"<tr>{_cells(row, grid)}</tr>" for row in grid.rows)
    return f'<div class="scroll"><table>{head}<tbody>{rows}</tbody></table></div>'


def _cells(row: tuple[str, ...], grid: Grid) -> str:
    return "".join(
        f"<td><code>{escape(cell)}</code></td>"
        if place in grid.code and cell
        else f"<td>{escape(cell)}</td>"
        for place, cell in enumerate(row)
    )


def _picture(picture: Picture, pictures: Pictures, words: Words) -> str:
    chart = picture.chart
    if isinstance(chart, Missing):
        text = words("report.missing_chart", title=chart.title, reason=chart.reason)
        return f'<p class="missing">{escape(text)}</p>'
    data, kind = pictures.for_page(chart)
    encoded = base64.b64encode(data).decode("ascii")
    caption = escape(picture.caption or chart.title)
    return (
        f'<figure><figcaption>{caption}</figcaption><img alt="{escape(chart.alt)}" '
        f'width="{chart.width}" height="{chart.height}" src="data:{kind};base64,{encoded}">'
        "</figure>"
    )
