"""The rivals' servers, and the environment of their own that Dash and Panel live in."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import run
from benchmarks.moves import Target
from benchmarks.servers import HOST, ROOT, Server, started

VENV = ROOT / ".venv-rivals"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
WANTED = ROOT / "benchmarks" / "requirements-rivals.txt"
HINT = "python -m benchmarks.bench_interaction --rivals installs Dash and Panel into .venv-rivals"

STREAMLIT = Target(
    name="Streamlit: st.slider, st.plotly_chart",
    slider="[data-testid=stSlider]",
    reads="text",
    of=".gtitle",
    event="keydown",
    key="ArrowRight",
    focus="[data-testid=stSlider] input",
)
DASH = Target(
    name='Dash: dcc.Slider(updatemode="drag"), dcc.Graph', slider=".dash-slider-track", reads="text", of=".gtitle"
)
PANEL = Target(name="Panel: FloatSlider, pane.Plotly", slider=".noUi-base", reads="text", of=".gtitle")
PANEL_BOKEH = Target(name="Panel: FloatSlider, Bokeh's sources updated in place", slider=".noUi-base", reads="bokeh")


def installed() -> bool:
    """Say whether the environment has what it needs."""
    return PYTHON.exists() and not subprocess.run([PYTHON, "-c", "import dash, panel"], capture_output=True).returncode


def install() -> None:
    """Make the environment. Raises CalledProcessError, after pip has said why."""
    print(f"Installing {WANTED.name} into {VENV.name} (once; a few minutes at most) ...", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", WANTED], check=True)


@contextlib.contextmanager
def served() -> Iterator[dict[Target, str]]:
    """Serve every rival that is installed; return the address of each."""
    with contextlib.ExitStack() as stack:
        found = {STREAMLIT: stack.enter_context(_streamlit()).url}
        if installed():
            found[DASH] = stack.enter_context(_dash()).url
            panel = stack.enter_context(_panel()).url
            found |= {PANEL: f"{panel}/in_panel", PANEL_BOKEH: f"{panel}/in_panel_bokeh"}
        yield found


def _streamlit() -> contextlib.AbstractContextManager[Server]:
    port = run.free_port(HOST, 0)
    words = ["--server.port", str(port), "--server.address", HOST, "--server.headless", "true"]
    words += ["--browser.gatherUsageStats", "false"]
    return _started(["-m", "streamlit", "run", "in_streamlit.py", *words], port, "/_stcore/health", sys.executable)


def _dash() -> contextlib.AbstractContextManager[Server]:
    port = run.free_port(HOST, 0)
    return _started(["in_dash.py", str(port)], port, "/", PYTHON)


def _panel() -> contextlib.AbstractContextManager[Server]:
    port = run.free_port(HOST, 0)
    words = ["in_panel.py", "in_panel_bokeh.py", "--port", str(port), "--address", HOST]
    return _started(["-m", "panel", "serve", *words], port, "/in_panel", PYTHON)


def _started(
    arguments: list[str], port: int, path: str, python: str | Path
) -> contextlib.AbstractContextManager[Server]:
    # From their own folder: Streamlit reads the settings of the folder that it is started in.
    return started(arguments, port, path, ROOT / "benchmarks" / "rivals", {"PYTHONPATH": str(ROOT)}, python)
