"""The browser's scripts, served under a name that changes with their content.

So a browser keeps them for good and asks for nothing at its next visit, and after an upgrade no old script meets new
frames. They import each other relatively, so one name for all of them is enough.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import plotly
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

STATIC = Path(__file__).resolve().parent / "ui" / "static"
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
KATEX = Path(__file__).resolve().parent.parent / "assets" / "katex" / "katex.min.js"
FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}


def fingerprint(folder: Path, *more: str) -> str:
    """Return 12 hexadecimal digits that depend on every file's name and content, and on what else is given."""
    digest = sha256("\0".join(more).encode())
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


_LIBRARIES = plotly.__version__, sha256(KATEX.read_bytes()).hexdigest()
PREFIX = f"ui-{fingerprint(STATIC, *_LIBRARIES)}"  # beside /api: the scripts ask for ../api


class Scripts(StaticFiles):
    """Files that a browser may keep for good."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        """Return the file, or that it has not changed."""
        reply = super().file_response(*args, **options)
        reply.headers.update(FOR_GOOD)
        return reply
