"""Everything that a page of AppTest would show, read out of its elements."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.json_format import MessageToDict

# Fields that name things for the browser, not for a reader.
HIDDEN = {
    *("id", "key", "formId", "elementId", "url", "data", "icon", "type", "kind", "color", "page"),
    *("queryString", "pageScriptHash", "width", "height", "css", "js", "html", "fragmentId"),
    *("default", "language", "format", "cssContent", "jsContent", "srcdoc", "json", "mixed"),
    *("deferredFileId", "clickMode", "elementType", "imgs", "markup", "rawValue", "config"),
    *("uploaderId", "fileUploadUrlMimeType", "persistStateId", "suggestedName"),
}
DRAWN = {"text", "name", "hovertemplate", "title", "ticktext"}
# Words that stay as they are: names of products, formats, methods and of what code calls things.
_TERMS = """
Kenshin English PCA UMAP SNE ASR AUC CSV TSV JSON JSONL Parquet HTML PDF PPTX SARIF PNG SVG
CycloneDX Python CodeBERT CodeXGLUE CodeT NPO SimNPO DPO RMU EWC Lya DeCE GCE RTT TOFU Brier
Ctrl Shift Alt Escape Esc Benjamini-Hochberg Wagle SHA UTC GPU pickle safetensors
transformers state dict cron bias weight key query value cls mean max last eos auto cpu cuda
mps argmax sigmoid none nan pca tsne umap encoder decoder layers heads code func text label
target python java alpha epoch base
"""
TERMS = set(_TERMS.split())


def texts(app: Any) -> Iterator[tuple[str, str]]:
    """(where, text) of every element of the page."""
    yield from _below(app.main)
    yield from _below(app.sidebar)


def _below(block: Any) -> Iterator[tuple[str, str]]:
    for child in getattr(block, "children", {}).values():
        yield from _below(child)
    proto = getattr(block, "proto", None)
    if proto is None:
        return
    kind, fields = type(block).__name__, MessageToDict(proto)
    if isinstance(fields.get("spec"), str):
        yield from (("chart", text) for text in _figure(json.loads(fields["spec"])))
    elif kind == "Dataframe":
        yield from _table(block.value, json.loads(fields.get("columns", "{}")))
    elif kind != "Code":
        yield from ((kind, text) for text in _strings(fields) if not text.isupper())


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            if name not in HIDDEN:
                yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)
    elif isinstance(value, str):
        yield value


def _figure(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _figure(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from _figure(part, name)
    elif isinstance(value, str) and name in DRAWN:
        yield value


def _table(frame: Any, columns: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in frame.columns:
        config = columns.get(str(name)) or {}
        yield "column", str(config.get("label") or name)
        yield "column help", str(config.get("help") or "")


def english(text: str) -> bool:
    """Whether three words in a row, or a whole label, are left in English."""
    bare = re.sub(r"`[^`]*`|:material/\w+:|%?\{[^}]*\}|<[^>]*>|\S*[/_=.\\]\S*|--[\w-]+", " ", text)
    words = [word for word in re.findall(r"[A-Za-z][A-Za-z'-]{2,}", bare) if word not in TERMS]
    wide = any(ord(sign) > 0x2E80 for sign in text)
    named = re.fullmatch(r"[\w-]*\d[\w-]*", text.strip()) is not None  # an id, a model's name
    return bool(words) and not named and (len(words) > 2 or not wide)
