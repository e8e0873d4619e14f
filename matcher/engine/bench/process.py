"""Contestants in processes of their own, which do one thing at a time and say in a line of JSON how long it took.

Each has its own memory, which can then be measured, and its own environment. Needs the standard library alone.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any, TextIO

Answer = Mapping[str, Any]


class ContestantFailed(Exception):
    """Report a contestant that cannot do what it was asked for; the message is its own."""


class Contestant:
    """Start a module in an interpreter and ask it to do things."""

    def __init__(self, name: str, python: Path, module: str, threads: int, log: Path) -> None:
        self.name = name
        root = Path(__file__).parents[3]
        environment = os.environ | {
            "PYTHONPATH": str(root),
            "OMP_NUM_THREADS": str(threads),
            "TOKENIZERS_PARALLELISM": "true",
            "PYTHONWARNINGS": "ignore",
            "HF_HUB_OFFLINE": "1",
            "KMP_WARNINGS": "0",
        }
        self._log = log.open("w", encoding="utf-8")
        self._process = subprocess.Popen(
            [str(python), "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            env=environment,
        )

    def tell(self, what: str, **details: Any) -> None:
        """Ask for something without waiting for it."""
        with suppress(BrokenPipeError):  # it has died: the answer will say so
            self._stream("stdin").write(json.dumps([what, details]) + "\n")
            self._stream("stdin").flush()

    def answer(self) -> dict[str, Any]:
        """Wait for the answer to what was asked; raises ContestantFailed."""
        line = self._stream("stdout").readline()
        if not line:
            raise ContestantFailed(f"{self.name} has stopped (see {self._log.name})")
        said: dict[str, Any] = json.loads(line)
        if "error" in said:
            raise ContestantFailed(f"{self.name}: {said['error']}")
        return said

    def ask(self, what: str, **details: Any) -> dict[str, Any]:
        """Ask for something and return the answer; raises ContestantFailed."""
        self.tell(what, **details)
        return self.answer()

    def dismiss(self) -> None:
        """Let the process end, without waiting for it."""
        with suppress(BrokenPipeError):
            self._stream("stdin").close()

    def stop(self) -> None:
        """End the process."""
        self.dismiss()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stream("stdout").close()
        self._log.close()

    def _stream(self, name: str) -> Any:
        return getattr(self._process, name)


def attend(actions: Mapping[str, Callable[..., Answer]]) -> None:
    """Do what is asked for, line by line, until the input ends."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)  # what libraries print goes to the log
        for line in sys.stdin:
            what, details = json.loads(line)
            _reply(answers, actions[what], details)


def _reply(answers: TextIO, action: Callable[..., Answer], details: Mapping[str, Any]) -> None:
    try:
        said: Answer = action(**details)
    except Exception as error:  # whatever a library raises is that contestant's result
        said = {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"}
    answers.write(json.dumps(said) + "\n")
    answers.flush()


def timed(action: Callable[..., object], *arguments: object) -> float:
    """Return the seconds that a call takes."""
    started = perf_counter()
    action(*arguments)
    return perf_counter() - started


def resident() -> dict[str, int]:
    """Return the bytes of memory of this process that are its own and that are pages of files; zeros where nobody tells."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except OSError:
        return {"own": 0, "files": 0}
    sizes = {
        name: 1024 * int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines) if " kB" in rest
    }
    return {"own": sizes["RssAnon"], "files": sizes["RssFile"]}


def growth(before: Mapping[str, int]) -> dict[str, int]:
    """Return by how many bytes the memory has grown."""
    return {kind: size - before[kind] for kind, size in resident().items()}
