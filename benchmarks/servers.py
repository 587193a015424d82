"""The servers that are measured: started, waited for, weighed and ended; on the loopback only."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import run

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    url: str
    process: subprocess.Popen[bytes]

    def get(self, path: str) -> bytes:
        """Return the body of a page. Raises OSError."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}{path}", timeout=60) as reply:
            return bytes(reply.read())

    def megabytes(self) -> float:
        """Return the resident memory of the process. Raises OSError where `ps` is missing."""
        shown = subprocess.run(["ps", "-o", "rss=", "-p", str(self.process.pid)], capture_output=True, text=True)
        return int(shown.stdout) / 1024

    def settle(self, seconds: float = 40) -> None:
        """Wait until the process has stopped working: what it computes at the start is done."""
        until, quiet, before = time.monotonic() + seconds, 0, self._seconds_worked()
        while quiet < 3 and time.monotonic() < until:
            time.sleep(0.3)
            now = self._seconds_worked()
            quiet = quiet + 1 if now - before < 0.03 else 0
            before = now

    def _seconds_worked(self) -> float:
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:  # no /proc here: settling takes its first second and no more
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def deck() -> Iterator[Server]:
    """Serve the talk as `python3 run.py talk` does."""
    port = run.free_port(HOST, 0)
    with contextlib.ExitStack() as stack:
        with _muted():  # only while it starts: the server keeps the muted output
            process = stack.enter_context(run.served(HOST, port, python=sys.executable))
        yield Server(f"http://{HOST}:{port}", process)


@contextlib.contextmanager
def floor() -> Iterator[Server]:
    """Serve the bare pages in the same way."""
    options = ["--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--timeout-graceful-shutdown", "2"]
    port = run.free_port(HOST, 0)
    command = ["-m", "uvicorn", "app:app", "--host", HOST, "--port", str(port), *options]
    # From its own folder: Streamlit reads the settings of the folder that it is started in.
    with started(command, port, "/_stcore/health", ROOT / "benchmarks" / "floor") as server:
        yield server


@contextlib.contextmanager
def streamlit_run(collects: bool, uvloop: bool) -> Iterator[Server]:
    """Serve the talk by `streamlit run`, with the two settings that cost or save most."""
    port = run.free_port(HOST, 0)
    hide = "" if uvloop else "sys.modules['uvloop'] = None; "
    words = ["streamlit", "run", str(ROOT / "app.py"), "--server.port", str(port), "--server.address", HOST]
    code = f"import sys; {hide}sys.argv = {words!r}; from streamlit.web.cli import main; main()"
    # A hidden option has no flag; `streamlit run` reads it from the environment.
    setting = {"STREAMLIT_RUNNER_POST_SCRIPT_GC": str(collects).lower()}
    with started(["-c", code], port, "/_stcore/health", ROOT, setting) as server:
        yield server


@contextlib.contextmanager
def started(
    arguments: Sequence[str],
    port: int,
    path: str,
    folder: Path,
    extra: Mapping[str, str] = MappingProxyType({}),
    python: str | Path = sys.executable,
) -> Iterator[Server]:
    """Serve what these arguments of Python start in a folder; what it says is shown if it fails."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([str(python), *arguments], cwd=folder, env={**os.environ, **extra},
                                   stdout=said, stderr=said)  # fmt: skip
        server = Server(f"http://{HOST}:{port}", process)
        try:
            _wait(server, path)
            yield server
        except BaseException:
            if process.poll() is not None:
                said.seek(0)
                print(said.read().decode(errors="replace")[-2000:], file=sys.stderr)
            raise
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(server: Server, path: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            server.get(path)
            return
        except OSError as error:
            if server.process.poll() is not None or time.monotonic() > until:
                raise TimeoutError(f"{server.url}{path}: must answer within {seconds:g} s, and did not.") from error
            time.sleep(0.1)


@contextlib.contextmanager
def _muted() -> Iterator[None]:
    """Send what child processes say nowhere."""
    kept = [os.dup(1), os.dup(2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for fd in (1, 2):
            os.dup2(nowhere, fd)
        yield
    finally:
        for fd, old in zip((1, 2), kept, strict=True):
            os.dup2(old, fd)
            os.close(old)
        os.close(nowhere)
