#!/usr/bin/env python3
"""Open the talk, or check everything, on a machine that has only Python.

    python3 run.py talk     set up once, serve the talk, open the browser; Ctrl+C ends it
    python3 run.py test     set up once, then lint, types, import contracts, questions, tests

Both keep what they install in the folder .venv beside this file. Needs nothing but the standard library.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Iterator, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
STAMP = VENV / "installed.json"  # what was installed from: a file's name -> the digest of its text
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
RUNTIME, LOCK = "requirements.txt", "requirements-test.lock"
OLDEST = (3, 11)
CHECKS = {
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
    "import contracts": ["lint-imports"],
    "questions": ["python", "-m", "classroom.quiz", "check", "quizzes.yaml"],
}
# Each worker takes one test after another, for there are no groups; those in the browser have a server for each worker.
TESTS = ["python", "-m", "pytest", "-n", "2", "--dist", "loadgroup"]


class Stop(SystemExit):
    """Ends the command with a sentence on what to do."""


# --- setting up -------------------------------------------------------------------------------------------------------


def set_up(requirements: str) -> None:
    """Make .venv if there is none that works, and install what the file asks for if that has changed."""
    if not _works(PYTHON):
        _make_venv()
    wanted = {name: _digest(HERE / name) for name in ([RUNTIME] if requirements == RUNTIME else [RUNTIME, LOCK])}
    if wanted.items() <= _installed().items():
        return
    print(f"Installing {requirements} into {VENV.name} (once; a few minutes at most) ...", flush=True)
    STAMP.unlink(missing_ok=True)
    install = ["python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]
    if _run(install):
        raise Stop(f"pip could not install {requirements}: see its message above. Is this machine on the network?")
    STAMP.write_text(json.dumps(wanted, indent=1), encoding="utf-8")


def _works(python: Path) -> bool:
    probe = f"import sys, pip; sys.exit(sys.version_info < {OLDEST})"
    return python.exists() and subprocess.run([str(python), "-c", probe], capture_output=True).returncode == 0


def _make_venv() -> None:
    """Make a new .venv; a Python without ensurepip (Debian parts it off) gets a sentence, not a trace."""
    print(f"Making {VENV.name} with Python {sys.version.split()[0]} ...", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True)
    if made.returncode:
        said = (made.stdout + made.stderr).strip()
        if "ensurepip" in said or "No module named venv" in said:
            version = ".".join(map(str, sys.version_info[:2]))
            raise Stop(
                f"This Python ({sys.executable}) cannot make virtual environments: venv or ensurepip is missing.\n"
                f"On Debian and Ubuntu: sudo apt install python3-venv (or python{version}-venv). Then run this again."
            )
        raise Stop(f"{VENV} could not be made:\n{said}")


def _run(command: Sequence[str]) -> int:
    """Run a program of .venv at the top of the project; return its exit status."""
    return subprocess.run([str(PYTHON.parent / command[0]), *command[1:]], cwd=HERE).returncode


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _installed() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


# --- serving ----------------------------------------------------------------------------------------------------------


def free_port(host: str, first: int) -> int:
    """Return `first`, or the next port above it that nobody listens on; 0 takes any free one."""
    for port in range(first, first + 100 if first else 1):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as attempt:
            if os.name != "nt":
                attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just left is free
            with contextlib.suppress(OSError):
                attempt.bind((host, port))
                return int(attempt.getsockname()[1])
    raise Stop(f"--port: one of {first} to {first + 99} must be free on {host}, got none. Give another --port.")


@contextlib.contextmanager
def served(host: str, port: int, python: str | Path = PYTHON, seconds: float = 90) -> Iterator[subprocess.Popen[bytes]]:
    """Serve the talk while the block runs; it answers when the block begins.

    uvicorn in one process sets TCP_NODELAY and takes uvloop where there is one: a click answers in 4 ms, where
    `streamlit run` needs 45. Compressing every message would cost more than the loopback or a hall's network gains.
    """
    options = ["--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--timeout-graceful-shutdown", "2"]
    quiet = ["--log-level", "warning", "--no-access-log"]
    command = [str(python), "-m", "uvicorn", "app:app", "--host", host, "--port", str(port), *options]
    # A session of its own: Ctrl+C reaches this process only, which then ends the server in order.
    server = subprocess.Popen([*command, *quiet], cwd=HERE, start_new_session=os.name != "nt")
    try:
        _wait_for(server, f"{_address(host, port)}/healthz", seconds)
        yield server
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _address(host: str, port: int) -> str:
    """Return where a browser on this machine finds the server."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"


def _wait_for(server: subprocess.Popen[bytes], url: str, seconds: float) -> None:
    """Return when the server answers. Raises Stop if it ended or took too long."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy does not know this machine's ports
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if server.poll() is not None:
            raise Stop(f"The server ended at once (exit status {server.returncode}): its message is above.")
        try:
            with direct.open(url, timeout=5):
                return
        except urllib.error.HTTPError:  # it answers, with a fault in the content: the page says which
            return
        except OSError:
            time.sleep(0.1)
    raise Stop(f"The server must answer {url} within {seconds:g} s, and did not.")


def _has_display() -> bool:
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


# --- the commands -----------------------------------------------------------------------------------------------------


def talk(host: str, port: int, browser: bool) -> int:
    """Serve the talk until Ctrl+C."""
    set_up(RUNTIME)
    for name in ("SIGTERM", "SIGHUP"):  # being ended, or losing the terminal, ends the server too
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    port = free_port(host, port)
    try:
        with served(host, port) as server:
            url = _address(host, port)
            print(f"The talk is at {url} (Ctrl+C ends it).", flush=True)
            if browser and _has_display():
                webbrowser.open(url)
            return server.wait()
    except KeyboardInterrupt:
        print("\nThe talk has ended.")
        return 0


def test(arguments: Sequence[str]) -> int:
    """Run every check; pytest comes last, with `arguments` if there are any. Return 0 if all passed."""
    set_up(LOCK)
    failed = []
    for name, command in CHECKS.items():
        print(f"--- {name}: {' '.join(command)}", flush=True)
        if _run(command):
            failed.append(name)
    _provide_browser()
    print(f"--- tests: {' '.join([*TESTS, *arguments])}", flush=True)
    if failed:
        print(f"FAILED so far: {', '.join(failed)} (see above)", flush=True)
    return int(bool(_run([*TESTS, *arguments]) or failed))


def _provide_browser() -> None:
    """Fetch Playwright's Chromium where the machine has no Chromium; without one the browser tests say what to do."""
    if not (os.environ.get("CHROMIUM") or shutil.which("chromium")):
        _run(["python", "-m", "playwright", "install", "chromium"])


def main() -> int:
    """Read the command line and run the command."""
    if sys.version_info < OLDEST:
        raise Stop(f"Python {'.'.join(map(str, OLDEST))} or newer is needed, got {sys.version.split()[0]}.")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="talk | test")
    serving = commands.add_parser("talk", help="serve the talk and open the browser")
    serving.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in (default: %(default)s)")
    serving.add_argument("--port", type=int, default=8501, help="the next free one is taken (default: %(default)s)")
    serving.add_argument("--no-browser", action="store_true", help="only serve")
    commands.add_parser("test", help="run every check; further arguments go to pytest")
    given, rest = parser.parse_known_args()
    if given.command == "test":
        return test(rest)
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return talk(given.host, given.port, not given.no_browser)


if __name__ == "__main__":
    sys.exit(main())
