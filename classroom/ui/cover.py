"""The title page, with one photograph through the filters that the later pictures use."""

from __future__ import annotations

import base64
import html
import io
from functools import lru_cache

from classroom.deck import Slide
from classroom.samples import responses
from classroom.theme import DIVERGING

TITLE = "Normalization layers"


def cover(slide: Slide) -> str:
    """Return the title page as HTML."""
    maps = "".join(f'<img alt="" src="{thumbnail(i)}">' for i in range(12))
    return (
        f'<section class="cover"><div><h1>{TITLE}</h1><p>{html.escape(slide.lede)}</p>'
        '<p class="go keys"><kbd>&#8594;</kbd>&ensp;start&emsp;<kbd>O</kbd>&ensp;overview&emsp;'
        "<kbd>F</kbd>&ensp;full screen&emsp;<kbd>P</kbd>&ensp;presenter</p>"
        '<p class="go"><a href="read">All slides on one page</a></p></div>'
        '<figure role="img" aria-label="Twelve maps of one photograph, each filtered along another direction">'
        f'<div class="maps">{maps}</div><figcaption>{html.escape(slide.caption)}</figcaption></figure></section>'
    )


@lru_cache(maxsize=12)
def thumbnail(channel: int) -> str:
    """Return a channel of the photograph's responses as a PNG: transparent at zero, so that it sits on either paper."""
    import numpy as np
    from PIL import Image

    values = np.clip(responses()[0, channel] / 3.0, -1, 1)
    blue, red = ([int(DIVERGING["light"][i][c : c + 2], 16) for c in (1, 3, 5)] for i in (1, 7))
    rgba = np.empty((*values.shape, 4), np.uint8)
    rgba[..., :3] = np.where(values[..., None] < 0, blue, red)
    rgba[..., 3] = np.rint(255 * np.abs(values) ** 0.8)
    buffer = io.BytesIO()
    Image.fromarray(rgba).save(buffer, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
