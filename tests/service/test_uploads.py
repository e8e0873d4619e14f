"""A long list is saved in the background: nothing is lost, nothing doubled, whoever is killed or asks twice."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from matcher.accounts.model import Person, PersonState
from matcher.app import Platform
from matcher.core.errors import NotFound
from matcher.core.unit_of_work import UnitOfWork
from matcher.exchange import uploads as module
from matcher.exchange.importing import check_list
from matcher.exchange.uploads import JobState, Upload, Uploads
from matcher.exchange.verdict import Action
from matcher.needs.model import Need
from matcher.worker import save_uploads
from tests.conftest import Actors

HEADER = "自编号,需求名称,需求来源,技术领域,主要技术难点,公开方式"
ROWS = 250


@pytest.fixture
def token(platform: Platform, uow: UnitOfWork, actors: Actors) -> str:
    """Keep a checked list of the enterprise, and order its saving."""
    lines = [HEADER, *(f"R{n},题目{n},企业需求,航空航天,难点,公开" for n in range(ROWS))]
    verdict = check_list(uow, actors.enterprise, "needs", "a.csv", "\n".join(lines).encode(), max_rows=5000)
    upload = Upload(actors.enterprise.person_id, verdict)
    token = platform.uploads.keep(upload)
    platform.uploads.order(token, upload)
    return token


def stored(uow: UnitOfWork) -> int:
    return uow.session.scalar(select(func.count(Need.id))) or 0


def test_the_worker_saves_what_waits_and_tells_how_far_it_is(
    platform: Platform, uow: UnitOfWork, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[JobState, int, int]] = []
    write = Uploads._tell
    monkeypatch.setattr(
        Uploads, "_tell", lambda self, t, job: (told.append((job.state, job.done, job.total)), write(self, t, job))
    )
    assert platform.uploads.unfinished() == [token]
    save_uploads(platform)
    assert [done for _, done, _ in told] == [0, 100, 200, 250, 250]
    assert {total for _, _, total in told} == {ROWS}
    assert platform.uploads.job(token).state is JobState.DONE
    kept = platform.uploads.find(token)
    assert (kept.saved, kept.verdict.count(Action.NEW), stored(uow)) == (True, ROWS, ROWS)
    save_uploads(platform)
    platform.uploads.save(token, platform.uow)
    assert stored(uow) == ROWS


def test_a_worker_killed_in_the_middle_leaves_the_rest_to_the_next(
    platform: Platform, uow: UnitOfWork, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Stand for the end of the process."""

    write = Uploads._tell

    def killing(self: Uploads, t: str, job: Any) -> None:
        write(self, t, job)
        if job.done == 200:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Uploads, "_tell", killing)
        with pytest.raises(Killed):
            platform.uploads.save(token, platform.uow)
    assert stored(uow) == 200
    assert platform.uploads.job(token).is_under_way
    save_uploads(platform)
    assert stored(uow) == ROWS
    saved = platform.uploads.find(token).verdict
    assert (saved.count(Action.UNCHANGED), saved.count(Action.NEW)) == (200, 50)


def test_two_workers_do_not_save_one_list_at_once(platform: Platform, uow: UnitOfWork, token: str) -> None:
    with platform.uploads._claimed(token) as ours:
        assert ours
        Uploads(platform.uploads._folder).save(token, platform.uow)
    assert stored(uow) == 0


def test_a_crash_is_told_and_can_be_mended_by_saving_again(
    platform: Platform, uow: UnitOfWork, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: Any) -> None:
        raise RuntimeError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(module, "save_list", crash)
        with pytest.raises(RuntimeError):
            platform.uploads.save(token, platform.uow)
    job = platform.uploads.job(token)
    assert (job.state, job.error) == (JobState.FAILED, module.CRASHED)
    platform.uploads.order(token, platform.uploads.find(token))
    save_uploads(platform)
    assert stored(uow) == ROWS


def test_somebody_who_may_no_longer_sign_in_saves_nothing(
    platform: Platform, uow: UnitOfWork, actors: Actors, token: str
) -> None:
    uow.session.get_one(Person, actors.enterprise.person_id).state = PersonState.REFUSED
    uow.commit()
    save_uploads(platform)
    assert platform.uploads.job(token).error == module.NO_PERSON
    assert stored(uow) == 0


def test_old_uploads_are_forgotten_but_never_one_that_waits(platform: Platform, token: str, tmp_path: Path) -> None:
    other = platform.uploads.keep(platform.uploads.find(token))
    old = time.time() - module.KEPT_SECONDS - 60
    for path in (tmp_path / "uploads").iterdir():
        os.utime(path, (old, old))
    platform.uploads.forget_old()
    assert platform.uploads.find(token).verdict.to_save == ROWS
    with pytest.raises(NotFound):
        platform.uploads.find(other)
    with pytest.raises(NotFound):
        platform.uploads.find("../../etc/passwd")
