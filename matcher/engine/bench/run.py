"""The order of events of the bench: who is asked for what, how often, and which figures come of it.

Whatever is compared is measured in turns, one repetition of each contestant after the other, so that what else the machine
does hits all alike; figures are medians, ratios medians of the ratios of a turn.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import sleep
from typing import Any

import numpy as np

from matcher.engine import bundled
from matcher.engine.bench import data
from matcher.engine.bench.process import Contestant, ContestantFailed
from matcher.engine.bench.report import Report
from matcher.engine.bench.texts import mixed
from matcher.engine.encoder import BUNDLED
from matcher.engine.items import EngineError

OURS, PLAIN, TXTAI, RAW = "ours", "by hand", "txtai", "floor"
QUICK_SIZES = (5_000,)
SIZES = (10_000, 100_000, 1_000_000)
BYTES_PER_ITEM = 16_000  # on disk while a collection is measured: vectors, texts, index and its snapshot
#: Seconds: FAISS's threads spin on for a while after a search, and whoever is measured next would pay for it.
REST = 0.05
Advance = Callable[[str], None]


class CannotMeasure(EngineError):
    """Report what the bench lacks; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Options:
    """Say what is measured: sizes of the collections, the largest that the rivals are given, and how long.

    `rivals` is the Python of the environment with what the engine is compared with, None without it; `keep` a folder in
    which collections and indexes stay for the next run.
    """

    models: Path
    model: str = BUNDLED
    sizes: tuple[int, ...] = SIZES
    rivals_up_to: int = 100_000
    rivals: Path | None = None
    keep: Path | None = None
    quick: bool = False

    @property
    def turns(self) -> int:
        """Give the repetitions of whatever is compared."""
        return 3 if self.quick else 5


def measure(options: Options, advance: Advance) -> Report:
    """Measure everything; `advance` is told what comes next. Raises CannotMeasure."""
    report = Report(threads())
    with ExitStack() as stack:
        work = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="matcher-bench-")))
        _check_space(work, max(options.sizes))
        people = stack.enter_context(_contestants(options, work, report))
        advance("loading")
        _load(people, options, report)
        advance("encoding")
        _encoding(people, options, report)
        for size in sorted(options.sizes):
            _collection(people, options, report, work, size, advance)
    return report


def threads() -> int:
    """Return how many threads every contestant gets: OMP_NUM_THREADS, or the cores that this process may use."""
    named = os.environ.get("OMP_NUM_THREADS", "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(named) if named.isdigit() and int(named) else cores


def _check_space(work: Path, largest: int) -> None:
    work.mkdir(parents=True, exist_ok=True)
    free, wanted = shutil.disk_usage(work).free, largest * BYTES_PER_ITEM
    if free < wanted:
        raise CannotMeasure(
            f"{work} has {free / 2**30:.0f} GB free, {largest:,} items take {wanted / 2**30:.0f} GB while they are measured:"
            " measure fewer (--size) or name another folder (--keep)"
        )


@contextmanager
def _contestants(options: Options, work: Path, report: Report) -> Iterator[dict[str, Contestant]]:
    """Start everybody at once: their imports take seconds."""
    rivals = options.rivals
    known = [(OURS, Path(sys.executable), "ours"), (PLAIN, rivals or Path(sys.executable), "plain")]
    if rivals:
        known.append((TXTAI, rivals, "txtai_hybrid"))
    else:
        report.left_out.append("txtai and bm25s: their environment is not there; `make bench` makes it")
    people = {
        name: Contestant(name, python, f"matcher.engine.bench.{module}", threads(), work / f"{module}.log")
        for name, python, module in known
    }
    try:
        yield people
    finally:
        for contestant in people.values():
            contestant.dismiss()
        for contestant in people.values():
            contestant.stop()


def _load(people: dict[str, Contestant], options: Options, report: Report) -> None:
    folder = str(bundled.lay_out(options.models)) if options.model == BUNDLED else options.model
    people[PLAIN].tell("load", model=folder)
    if TXTAI in people:
        people[TXTAI].tell("load")
    try:
        said = people[OURS].ask("load", model=options.model, models=str(options.models), threads=report.threads)
    except ContestantFailed as error:
        raise CannotMeasure(str(error)) from error
    report.versions[OURS] = f"{said['name']}, {said['runtime']}"
    for name in (PLAIN, TXTAI):
        if name in people:
            try:
                report.versions[name] = people[name].answer()["runtime"]
            except ContestantFailed as error:
                report.left_out.append(str(error))
                people.pop(name).stop()


def _encoding(people: dict[str, Contestant], options: Options, report: Report) -> None:
    texts = mixed(8 if options.quick else 120)
    who = [OURS, *(name for name in (PLAIN,) if name in people)]
    for name in who:
        people[name].ask("encode", texts=texts[:4])  # the first batch of a process is slower
    spent: dict[str, list[float]] = {name: [] for name in (*who, RAW)}
    for turn in range(options.turns):
        texts = mixed(len(texts), seed=turn + 1)  # new texts each time: nothing may be remembered
        for name in who:
            spent[name].append(people[name].ask("encode", texts=texts)["seconds"])
        spent[RAW].append(people[OURS].ask("encode_raw", texts=texts)["seconds"])
    for name, seconds in spent.items():
        report.add(0, "encoding, short and long texts mixed", name, len(texts) / median(seconds), "texts/s")
    if PLAIN in people:
        report.rate("encode_vs_plain", _ratio(spent[PLAIN], spent[OURS]))
    report.rate("encode_vs_raw", _ratio(spent[OURS], spent[RAW]))


def _collection(
    people: dict[str, Contestant], options: Options, report: Report, work: Path, size: int, advance: Advance
) -> None:
    """Measure everything on one collection."""
    folder = work / f"items-{size}"
    advance(f"{size:,} items: making them up")
    data.make(folder, size)
    try:
        present = [name for name in people if name == OURS or size <= options.rivals_up_to]
        for name in people.keys() - set(present):
            report.left_out.append(f"{name} at {size:,} items: only up to {options.rivals_up_to:,} (--rivals-up-to)")
        _Size(people, present, report, folder, size, options, advance).measure()
    except ContestantFailed as error:
        report.left_out.append(f"at {size:,} items: {error}")
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(slots=True)
class _Size:
    """Measure one collection."""

    people: dict[str, Contestant]
    present: list[str]
    report: Report
    folder: Path
    size: int
    options: Options
    advance: Advance

    def measure(self) -> None:
        """Measure building, searching, changing, in this order."""
        self._build()
        self._dense()
        self._hybrid()
        self._change()
        self._memory()
        if self.size > 50_000:
            self._rebuild()

    def _build(self) -> None:
        built: dict[str, float] = {}
        for name in self.present:
            if name == OURS and (self.folder / "snapshot" / "CURRENT").exists():
                continue
            self.advance(f"{self.size:,} items: {name} builds its index")
            said = self.people[name].ask("build", folder=str(self.folder))
            if name == PLAIN and not said["has_words"]:
                self.present.remove(PLAIN)
                continue
            built[name] = said["seconds"]
            self._add("building the index", name, said["seconds"], "s")
            if "own" in said:
                self._add("memory", name, (said["own"] + said["files"]) / self.size, "bytes/item")
        for name in (TXTAI, PLAIN):
            if name in built and OURS in built:
                self.report.rate(f"{_KEY[name]}_build_vs_ours", built[name] / built[OURS], self.size)
        opened = self.people[OURS].ask("open", folder=str(self.folder))
        if opened["items"] != self.size:
            raise ContestantFailed(f"{OURS} holds {opened['items']:,} items")
        self._add("opening the snapshot", OURS, opened["seconds"], "s")
        self.report.versions[f"index of {self.size:,}"] = opened["kind"]

    def _dense(self) -> None:
        self.advance(f"{self.size:,} items: the dense stage")
        ours = self.people[OURS]
        ours.ask("dense_batch")
        self._add("recall@50 of the dense stage", OURS, ours.ask("recall")["recall"], "")
        single: dict[str, list[float]] = {OURS: [], RAW: []}
        batch: dict[str, list[float]] = {OURS: [], RAW: []}
        for _ in range(self.options.turns + 2):
            for name, what in ((OURS, "dense"), (RAW, "dense_raw")):
                sleep(REST)
                single[name] += ours.ask(what, places=list(range(50)))["seconds"]
            for name, what in ((OURS, "dense_batch"), (RAW, "dense_batch_raw")):
                sleep(REST)
                said = ours.ask(what)
                batch[name].append(said["seconds"] / said["count"])
        for name in single:
            self._spread("one dense search", name, single[name])
            self._add("dense searches in batches", name, 1 / median(batch[name]), "queries/s")
        self.report.rate("batch_search_vs_raw_faiss", _ratio(batch[OURS], batch[RAW]), self.size)

    def _hybrid(self) -> None:
        self.advance(f"{self.size:,} items: the whole hybrid")
        places = list(range(data.NEEDS))[:: 4 if self.options.quick else 2]
        single: dict[str, list[float]] = {name: [] for name in self.present}
        batch: dict[str, list[float]] = {name: [] for name in self.present}
        for turn in range(self.options.turns):
            part = places[turn :: self.options.turns]
            for name in self.present:
                single[name] += self.people[name].ask("hybrid", places=part)["seconds"]
                said = self.people[name].ask("hybrid_batch", count=25 if self.options.quick else 50)
                batch[name].append(said["seconds"] / said["count"])
        for name in self.present:
            self._spread(f"whole hybrid, need of {data.NEED_WORDS} words", name, single[name])
            self._add(
                f"whole hybrid in batches, needs of {data.NEED_WORDS} words", name, 1 / median(batch[name]), "queries/s"
            )
        for name in self.present[1:]:
            self.report.rate(f"{_KEY[name]}_batch_vs_ours", _ratio(batch[name], batch[OURS]), self.size)
            self.report.rate(f"{_KEY[name]}_single_vs_ours", median(single[name]) / median(single[OURS]), self.size)
        if PLAIN in self.present:
            said = self.people[PLAIN].ask("words", count=25)
            self._add("candidates by words alone, in batches", PLAIN, said["count"] / said["seconds"], "queries/s")

    def _change(self) -> None:
        self.advance(f"{self.size:,} items: single changes")
        for name in self.present:
            if name != PLAIN:  # neither its FAISS index nor bm25s can change single items
                said = self.people[name].ask("change", count=5 if self.options.quick or name == TXTAI else 20)
                for what, seconds in said.items():
                    self._add(f"{what} one item, until it is searchable, median", name, 1000 * median(seconds), "ms")
                    self._add(f"{what} one item, until it is searchable, longest", name, 1000 * max(seconds), "ms")

    def _memory(self) -> None:
        grown = self.people[OURS].ask("memory")
        self._add("memory", OURS, (grown["own"] + grown["files"]) / self.size, "bytes/item")
        self._add(
            "of it pages of files, which the system takes back when it needs them",
            OURS,
            grown["files"] / self.size,
            "bytes/item",
        )

    def _rebuild(self) -> None:
        self.advance(f"{self.size:,} items: searching while the lists are trained anew")
        said = self.people[OURS].ask("while_rebuilding", places=list(range(data.NEEDS)))
        self._add("training the lists anew, searches going on", OURS, said["rebuild"], "s")
        self._spread("whole hybrid meanwhile", OURS, said["seconds"])

    def _spread(self, what: str, who: str, seconds: Sequence[float]) -> None:
        for share in (50, 95):
            self._add(f"{what}, p{share}", who, 1000 * float(np.percentile(seconds, share)), "ms")

    def _add(self, what: str, who: str, value: float, unit: str) -> None:
        self.report.add(self.size, what, who, value, unit)


_KEY: dict[str, Any] = {TXTAI: "txtai", PLAIN: "plain"}


def _ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Return the median of the ratios of the turns."""
    return median(one / other for one, other in zip(above, below, strict=True))
