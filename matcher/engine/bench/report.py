"""What was measured, as JSON and as a table."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

START, END = "<!-- bench -->", "<!-- /bench -->"
_PACKAGES = ("faiss-cpu", "openvino", "sentence-transformers", "torch", "tantivy", "numpy")
_WORDS = {
    "encode_vs_plain": "encoding, times plain sentence-transformers (target ≥ 1.5)",
    "encode_vs_raw": "encoding, time against the bare model on prepared batches",
    "batch_search_vs_raw_faiss": "dense batch search, time against raw FAISS on the same index (target ≤ 1.3)",
    "txtai_batch_vs_ours": "txtai's hybrid batch search, time against ours",
    "txtai_single_vs_ours": "txtai's hybrid single search, time against ours",
    "txtai_build_vs_ours": "txtai's building of the index, time against ours",
    "plain_batch_vs_ours": "FAISS + bm25s by hand, batch, time against ours",
    "plain_single_vs_ours": "FAISS + bm25s by hand, single, time against ours",
    "plain_build_vs_ours": "FAISS + bm25s by hand, building, time against ours",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """Hold one measured value; `items` is the size of the collection, 0 where it does not matter."""

    items: int
    what: str
    who: str
    value: float
    unit: str


@dataclass(slots=True)
class Report:
    """Collect figures, ratios and what could not be measured."""

    threads: int
    figures: list[Figure] = field(default_factory=list)
    ratios: dict[str, float] = field(default_factory=dict)
    ratios_by_size: dict[str, dict[str, float]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def add(self, items: int, what: str, who: str, value: float, unit: str) -> None:
        """Add a figure."""
        self.figures.append(Figure(items, what, who, round(value, 4), unit))

    def rate(self, name: str, value: float, items: int = 0) -> None:
        """Add a ratio; of several sizes the largest counts."""
        self.ratios[name] = round(value, 3)
        if items:
            self.ratios_by_size.setdefault(name, {})[str(items)] = round(value, 3)

    def to_json(self) -> dict[str, Any]:
        """Return everything for scripts."""
        return {
            "machine": machine(self.threads),
            "versions": own_versions() | self.versions,
            "figures": [asdict(figure) for figure in self.figures],
            "ratios": self.ratios,
            "ratios_by_size": self.ratios_by_size,
            "left_out": self.left_out,
        }

    def to_markdown(self) -> str:
        """Return the tables for people."""
        named = machine(self.threads)
        versions = ", ".join(f"{name} {number}" for name, number in (own_versions() | self.versions).items())
        parts = [
            f"Measured {datetime.now(UTC):%Y-%m-%d} on {named['processor']}, {named['cores']} cores, {named['memory_gb']} GB,"
            f" {named['system']}; every contestant with {self.threads} threads. {versions}.",
            "",
            *_table(self.figures),
            "",
            "| ratio | all | by size |",
            "|---|---|---|",
            *(self._ratio(name, value) for name, value in self.ratios.items()),
        ]
        parts += ["", "Not measured:", *(f"- {reason}" for reason in self.left_out)] if self.left_out else []
        return "\n".join(parts) + "\n"

    def _ratio(self, name: str, value: float) -> str:
        sizes = ", ".join(
            f"{_items(int(size))}: {ratio:.2f}" for size, ratio in self.ratios_by_size.get(name, {}).items()
        )
        return f"| {_WORDS.get(name, name)} | **{value:.2f}** | {sizes} |"


def _table(figures: Iterable[Figure]) -> list[str]:
    """Return one line a thing measured, one column a contestant."""
    rows: dict[tuple[int, str, str], dict[str, float]] = {}
    for figure in figures:
        rows.setdefault((figure.items, figure.what, figure.unit), {})[figure.who] = figure.value
    who = list(dict.fromkeys(name for row in rows.values() for name in row))
    lines = [f"| items | what | unit | {' | '.join(who)} |", "|---" * (3 + len(who)) + "|"]
    for (items, what, unit), row in rows.items():
        cells = " | ".join(f"{row[name]:,.4g}" if name in row else "" for name in who)
        lines.append(f"| {_items(items)} | {what} | {unit} | {cells} |")
    return lines


def _items(count: int) -> str:
    return f"{count:,}" if count else ""


def machine(threads: int) -> Mapping[str, Any]:
    """Return what the figures depend on."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": threads,
        "memory_gb": _memory(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def own_versions() -> dict[str, str]:
    """Return the versions of what the engine stands on, as installed."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _memory() -> int:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    except (ValueError, OSError, AttributeError):
        return 0


def write_between_marks(path: Path, text: str) -> None:
    """Put the tables between the marks of a document, or at its end, or into a new one."""
    before = path.read_text("utf-8") if path.exists() else "# Speed and scale\n"
    block = f"{START}\n{text}{END}\n"
    head, mark, rest = before.partition(START)
    tail = rest.partition(END)[2].lstrip("\n") if mark else ""
    path.write_text(f"{head.rstrip()}\n\n{block}" + (f"\n{tail}" if tail else ""), "utf-8")
