"""Uploaded lists between verdict and saving, kept as files of the data folder; long ones are saved in the background.

The wish to save is a file too, written before anybody starts on it and closed when all is saved: a worker that is killed
leaves it open, and the next one goes on. Saving itself looks every row up anew, so that nothing is doubled.
"""

import fcntl
import json
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from matcher.accounts import service as accounts
from matcher.core.errors import DomainError, NotFound
from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.exchange.importing import save_list
from matcher.exchange.verdict import ListVerdict

KEPT_SECONDS = 24 * 3600
GONE = Label("找不到这次上传，可能已经过期，请重新上传。", "This upload is gone; upload the file again.")
NO_PERSON = Label("上传的账号已不能使用。", "The account of this upload can no longer be used.")
CRASHED = Label(
    "保存时系统出错，已保存的行不会丢失；请再次点击保存，未保存的行会接着保存。",
    "Saving failed on our side. What was saved stays; press save again to go on with the rest.",
)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,60}")
OpenUow = Callable[[], UnitOfWork]


class JobState(StrEnum):
    """Name where the saving of a list stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Upload:
    """Hold a checked list of one person; `saved` when its verdict tells what became of the rows."""

    person_id: int | None
    verdict: ListVerdict
    saved: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """Hold the wish to save a list, and how far it is: rows done of rows to save."""

    person_id: int | None
    what: str
    filename: str
    state: JobState
    done: int
    total: int
    error: Label | None = None

    @property
    def is_under_way(self) -> bool:
        """Say whether there is still something to do."""
        return self.state in (JobState.WAITING, JobState.RUNNING)


class Uploads:
    """Keep uploads and jobs in a folder that only the program reads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, upload: Upload, token: str | None = None) -> str:
        """Keep an upload and return the token by which its person finds it."""
        token = token or secrets.token_urlsafe(24)
        plain = {"person": upload.person_id, "saved": upload.saved, "verdict": upload.verdict.to_json()}
        self._write(token, ".json", plain)
        return token

    def find(self, token: str) -> Upload:
        """Return an upload; raises NotFound when it is gone."""
        plain = self._read(token, ".json")
        if plain is None:
            raise NotFound(GONE)
        return Upload(plain["person"], ListVerdict.from_json(plain["verdict"]), plain["saved"])

    def order(self, token: str, upload: Upload) -> None:
        """Leave the wish to save an upload; one that is under way stays as it is."""
        job = self.job(token)
        if job is None or not job.is_under_way:
            verdict = upload.verdict
            new = Job(upload.person_id, verdict.what, verdict.filename, JobState.WAITING, 0, verdict.to_save)
            self._tell(token, new)

    def job(self, token: str) -> Job | None:
        """Return the wish to save an upload, if there is one."""
        plain = self._read(token, ".job")
        if plain is None:
            return None
        error = Label(**plain["error"]) if plain["error"] else None
        return Job(**{**plain, "state": JobState(plain["state"]), "error": error})

    def unfinished(self) -> list[str]:
        """Return the tokens of the lists that wait to be saved, the longest waiting first."""
        jobs = sorted(self._folder.glob("*.job"), key=lambda path: path.stat().st_mtime)
        return [path.stem for path in jobs if (job := self.job(path.stem)) and job.is_under_way]

    def forget_old(self) -> None:
        """Remove what nobody asked for in a day; never what still has to be saved."""
        busy = set(self.unfinished())
        for path in self._folder.glob("*.*"):  # folders beside them hold what is kept for good
            if path.is_file() and path.stem not in busy and path.stat().st_mtime < time.time() - KEPT_SECONDS:
                path.unlink(missing_ok=True)

    def save(self, token: str, open_uow: OpenUow) -> None:
        """Do the saving that was asked for, unless another process is at it or it is done."""
        with self._claimed(token) as is_ours:
            job = self.job(token)
            if not is_ours or job is None or not job.is_under_way:
                return
            try:
                self._save(token, job, open_uow)
            except DomainError as error:
                self._tell(token, replace(job, state=JobState.FAILED, error=error.message))
            except Exception:
                self._tell(token, replace(job, state=JobState.FAILED, error=CRASHED))
                raise

    def _save(self, token: str, job: Job, open_uow: OpenUow) -> None:
        upload = self.find(token)
        if not upload.saved:
            uow = open_uow()
            person = accounts.person(uow, upload.person_id) if upload.person_id is not None else None
            uow.close()
            if person is None:
                raise NotFound(NO_PERSON)

            def advance(done: int, total: int) -> None:
                self._tell(token, replace(job, state=JobState.RUNNING, done=done, total=total))

            saved = save_list(open_uow, person.actor(), upload.verdict, advance)
            self.keep(replace(upload, verdict=saved, saved=True), token)
        self._tell(token, replace(job, state=JobState.DONE, done=job.total))

    @contextmanager
    def _claimed(self, token: str) -> Iterator[bool]:
        """Hold a lock that the system gives back when the process dies."""
        with (self._folder / f"{token}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def _tell(self, token: str, job: Job) -> None:
        self._write(token, ".job", asdict(job))

    def _read(self, token: str, ending: str) -> dict[str, Any] | None:
        if not _TOKEN.fullmatch(token):
            return None
        try:
            plain: dict[str, Any] = json.loads((self._folder / (token + ending)).read_text("utf-8"))
        except FileNotFoundError:
            return None
        return plain

    def _write(self, token: str, ending: str, plain: dict[str, Any]) -> None:
        """Write aside and rename: whoever reads meanwhile finds the old state or the new one, whole."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._folder / f"{token}.{secrets.token_hex(4)}.part"
        part.touch(mode=0o600)
        part.write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")
        part.replace(self._folder / (token + ending))
