"""What brokers do around pairings: notes, files, tasks, assignments, saved filters; on both databases."""

import pytest
from sqlalchemy import select

from matcher.core.audit import AuditRow
from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from matcher.core.filestore import FileStore
from matcher.desk import files, filters, notes, tasks
from matcher.desk.timeline import Kind, dossier
from matcher.desk.workload import workload
from matcher.matching import assignments, claims, queue, review
from matcher.matching.desk_model import KeptPairing
from matcher.matching.model import Verdict
from matcher.matching.queries import look
from matcher.matching.queue import QueueFilter
from tests.factories import NeedFactory, OfferFactory, PairingFactory, day, organisation_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
OTHERS = ["enterprise", "university", "government", "admin", "visitor"]
PDF = b"%PDF-1.7 a report"


@pytest.fixture
def pairing(uow, actors):
    need = NeedFactory(organisation=organisation_of(actors.enterprise))
    offer = OfferFactory(organisation=organisation_of(actors.university))
    made = PairingFactory(need=need, offer=offer)
    uow.commit()
    return made


@pytest.fixture
def store(tmp_path):
    return FileStore(tmp_path / "files")


def problems(caught):
    return {problem.field for problem in caught.value.problems}


def test_a_note_is_for_the_desk_unless_it_is_for_both_sides(uow, actors, pairing):
    with uow:
        notes.add(uow, actors.desk, pairing.id, "对方预算可能更低")
        notes.add(uow, actors.desk, pairing.id, "下周三会谈", for_sides=True)
    everything = notes.notes_on(uow, [pairing.id], for_sides_only=False)
    assert [one.text for one in everything] == ["下周三会谈", "对方预算可能更低"]
    assert [one.text for one in notes.notes_on(uow, [pairing.id], for_sides_only=True)] == ["下周三会谈"]


def test_a_note_that_was_taken_back_is_not_shown_but_logged(uow, actors, pairing):
    with uow:
        note = notes.add(uow, actors.desk, pairing.id, "写错了", for_sides=True)
    with uow:
        notes.remove(uow, actors.colleague, note.id)
    assert notes.notes_on(uow, [pairing.id], for_sides_only=False) == []
    with pytest.raises(NotFound), uow:
        notes.remove(uow, actors.colleague, note.id)
    actions = uow.session.scalars(select(AuditRow.action).where(AuditRow.entity == "pairing")).all()
    assert actions == ["pairing.note", "pairing.note_removed"]


@pytest.mark.parametrize("text", ["", " \x00\u200b ", "长" * 4001])
def test_an_empty_or_endless_note_is_refused(uow, actors, pairing, text):
    with pytest.raises(InvalidInput) as caught, uow:
        notes.add(uow, actors.desk, pairing.id, text)
    assert problems(caught) == {"text"}


@pytest.mark.parametrize("role", OTHERS)
def test_only_the_desk_writes_notes_files_tasks_and_gives_work(uow, actors, pairing, store, role):
    actor = getattr(actors, role)
    acts = (
        lambda: notes.add(uow, actor, pairing.id, "x"),
        lambda: notes.remove(uow, actor, 1),
        lambda: files.attach(uow, actor, store, pairing.id, "a.pdf", PDF),
        lambda: files.remove(uow, actor, 1),
        lambda: tasks.create(uow, actor, "x", day(1)),
        lambda: tasks.finish(uow, actor, 1),
        lambda: tasks.reopen(uow, actor, 1),
        lambda: tasks.change(uow, actor, 1, day(1), 1),
        lambda: tasks.listed(uow, actor),
        lambda: assignments.assign(uow, actor, actors.desk.person_id, pairing_id=pairing.id),
        lambda: filters.save(uow, actor, "x", {"age": 7}),
        lambda: filters.listed(uow, actor),
        lambda: workload(uow, actor),
    )
    for act in acts:
        with pytest.raises(NotAllowed), uow:
            act()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (None, PDF), ("", PDF), ("报告", PDF), (".pdf", PDF), ("report.html", b"<html>"), ("report.svg", b"<svg/>"),
        ("report.exe", b"MZ"), ("report.pdf", b"<html><script>"), ("sheet.xlsx", PDF), ("photo.png", b"GIF89a"),
        ("empty.pdf", b""), ("binary.txt", b"a\0b"), ("big.txt", b"x" * (1024 * 1024 + 1)),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_than_it_says_or_too_large_is_refused(uow, actors, pairing, store, name, content):
    with pytest.raises(InvalidInput) as caught, uow:
        files.attach(uow, actors.desk, store, pairing.id, name, content, limit_mb=1)
    assert problems(caught) == {"file"}
    assert files.files_of(uow, [pairing.id], for_sides_only=False) == []


@pytest.mark.parametrize("name", ["../../etc/检测报告.PDF", "C:\\Users\\王\\检测报告.pdf", "  检测报告.pdf\x00"])
def test_a_file_keeps_its_plain_name_and_lies_under_its_hash(uow, actors, pairing, store, name):
    with uow:
        file = files.attach(uow, actors.desk, store, pairing.id, name, PDF)
        again = files.attach(uow, actors.desk, store, pairing.id, "另一份.pdf", PDF)
    assert file.name == "检测报告.pdf"
    assert file.content_hash == again.content_hash
    assert store.path(file.content_hash).read_bytes() == PDF
    assert len([path for path in store.path(file.content_hash).parents[1].rglob("*") if path.is_file()]) == 1


def may_open(uow, actor, file):
    try:
        with uow:
            files.open_file(uow, actor, file.id)
    except NotFound:
        return False
    return True


def test_a_file_is_given_to_the_desk_and_when_it_is_for_both_sides_to_both_sides(uow, actors, pairing, store):
    with uow:
        inside = files.attach(uow, actors.desk, store, pairing.id, "内部.pdf", PDF)
        shared = files.attach(uow, actors.desk, store, pairing.id, "样件.pdf", PDF, for_sides=True)
    everybody = [*OTHERS, "desk", "colleague", "other_enterprise", "other_university"]
    assert [role for role in everybody if may_open(uow, getattr(actors, role), inside)] == ["desk", "colleague"]
    openers = [role for role in everybody if may_open(uow, getattr(actors, role), shared)]
    assert openers == ["enterprise", "university", "desk", "colleague"]
    with uow:
        files.remove(uow, actors.desk, shared.id)
    assert not may_open(uow, actors.enterprise, shared)
    assert not may_open(uow, actors.desk, shared)


def test_the_file_of_a_hidden_need_is_not_given_to_the_owner_of_the_offer(uow, actors, store):
    need = NeedFactory(organisation=organisation_of(actors.enterprise), disclosure="closed")
    pairing = PairingFactory(need=need, offer=OfferFactory(organisation=organisation_of(actors.university)))
    uow.commit()
    with uow:
        file = files.attach(uow, actors.desk, store, pairing.id, "图纸.pdf", PDF, for_sides=True)
    assert may_open(uow, actors.enterprise, file)
    assert not may_open(uow, actors.university, file)


def test_tasks_are_listed_by_how_they_press(uow, actors, pairing, clock):
    with uow:
        late = tasks.create(uow, actors.desk, "回访", day(0), pairing_id=pairing.id)
        tasks.create(uow, actors.desk, "看样件", day(1), need_id=pairing.need_id)
        tasks.create(uow, actors.colleague, "写纪要", day(5), person_id=actors.desk.person_id)
        tasks.create(uow, actors.desk, "同事的", day(5), person_id=actors.colleague.person_id)
    clock.move(days=1)
    mine = tasks.listed(uow, actors.desk, person_id=actors.desk.person_id)
    assert [[row.title for row in rows] for rows in (mine.overdue, mine.today, mine.later)] == [
        ["回访"], ["看样件"], ["写纪要"],
    ]  # fmt: skip
    assert pairing.need.title in mine.overdue[0].about
    assert mine.today[0].about == pairing.need.title
    assert tasks.overdue_count(uow, actors.desk) == 2
    assert tasks.listed(uow, actors.desk).open_count == 4
    with uow:
        tasks.finish(uow, actors.colleague, late.id)
    assert tasks.overdue_count(uow, actors.desk) == 1
    assert tasks.listed(uow, actors.desk).done[0].done_by == actors.colleague.name
    with pytest.raises(Conflict), uow:
        tasks.finish(uow, actors.desk, late.id)
    with uow:
        tasks.reopen(uow, actors.desk, late.id)
    assert tasks.overdue_count(uow, actors.desk) == 2


@pytest.mark.parametrize(
    ("title", "ahead", "who", "wrong"),
    [
        ("", 1, "desk", "title"),
        ("字" * 201, 1, "desk", "title"),
        ("x", None, "desk", "due"),
        ("x", -1, "desk", "due"),
        ("x", 800, "desk", "due"),
        ("x", 1, "enterprise", "broker"),
    ],
)
def test_a_task_says_what_until_when_and_by_whom(uow, actors, title, ahead, who, wrong):
    due = None if ahead is None else day(ahead)
    with pytest.raises(InvalidInput) as caught, uow:
        tasks.create(uow, actors.desk, title, due, person_id=getattr(actors, who).person_id)
    assert problems(caught) == {wrong}


def test_an_overdue_task_changes_hands_and_two_changes_at_once_are_told(uow, actors, clock):
    with uow:
        task = tasks.create(uow, actors.desk, "回访", day(0))
    seen = task.version
    clock.move(days=3)
    with uow:
        tasks.change(uow, actors.desk, task.id, task.due, actors.colleague.person_id, seen)
    assert task.person_id == actors.colleague.person_id
    with pytest.raises(Conflict), uow:
        tasks.change(uow, actors.desk, task.id, day(9), actors.desk.person_id, seen)
    with pytest.raises(InvalidInput), uow:
        tasks.change(uow, actors.desk, task.id, day(-1), actors.desk.person_id)


def test_a_pairing_without_a_broker_goes_with_its_need(uow, actors, pairing):
    me, other = actors.desk.person_id, actors.colleague.person_id
    with uow:
        assignments.assign(uow, actors.desk, other, need_id=pairing.need_id)
    assert assignments.broker_of(uow, pairing.id).id == other
    with uow:
        assignments.assign(uow, actors.desk, me, pairing_id=pairing.id)
    assert assignments.broker_of(uow, pairing.id).id == me
    for broker, count in ((me, 1), (other, 0), (0, 0)):
        assert queue.total(uow, actors.desk, QueueFilter(broker=broker)) == count
    with uow:
        assignments.assign(uow, actors.desk, None, pairing_id=pairing.id)
        assignments.assign(uow, actors.desk, None, need_id=pairing.need_id)
    assert assignments.broker_of(uow, pairing.id) is None
    assert queue.total(uow, actors.desk, QueueFilter(broker=0)) == 1


def test_work_is_given_to_the_desk_only(uow, actors, pairing):
    with pytest.raises(InvalidInput), uow:
        assignments.assign(uow, actors.desk, actors.enterprise.person_id, pairing_id=pairing.id)
    with pytest.raises(NotFound), uow:
        assignments.assign(uow, actors.desk, actors.desk.person_id, pairing_id=999_999)


def test_the_workload_counts_what_each_broker_has(uow, actors, clock):
    made = [PairingFactory() for _ in range(4)]
    uow.commit()
    with uow:
        assignments.assign(uow, actors.desk, actors.colleague.person_id, need_id=made[1].need_id)
        review.decide(uow, actors.desk, made[0].id, Verdict.ACCEPT)
        review.decide(uow, actors.desk, made[2].id, Verdict.ACCEPT)
        tasks.create(uow, actors.desk, "回访", day(0))
    clock.move(days=15)
    mine, other, nobody = workload(uow, actors.desk)
    assert (mine.person.id, mine.open, mine.still, mine.tasks, mine.overdue) == (actors.desk.person_id, 2, 2, 1, 1)
    assert (other.person.id, other.open, other.waiting, other.needs) == (actors.colleague.person_id, 0, 1, 1)
    assert (nobody.person, nobody.waiting, nobody.needs) == (None, 1, 3)


def test_a_filter_is_ones_own_and_one_of_them_opens_the_queue(uow, actors):
    with uow:
        first = filters.save(uow, actors.desk, "电子", {"field": "electronics"})
        filters.save(uow, actors.desk, "一周内", {"age": 7}, is_default=True)
        filters.save(uow, actors.colleague, "电子", {"field": "rail"})
    assert [(one.name, one.is_default) for one in filters.listed(uow, actors.desk)] == [
        ("一周内", True),
        ("电子", False),
    ]
    with uow:
        filters.make_default(uow, actors.desk, first.id)
        filters.save(uow, actors.desk, "电子", {"field": "energy"})
    assert filters.default(uow, actors.desk) == {"field": "energy"}
    assert filters.default(uow, actors.colleague) is None
    with pytest.raises(NotFound), uow:
        filters.remove(uow, actors.colleague, first.id)
    with uow:
        filters.make_default(uow, actors.desk, None)
        filters.remove(uow, actors.desk, first.id)
    assert [one.name for one in filters.listed(uow, actors.desk)] == ["一周内"]


@pytest.mark.parametrize(("name", "wanted"), [("", {"age": 7}), ("长" * 41, {"age": 7}), ("x", {})])
def test_a_filter_has_a_name_and_filters_something(uow, actors, name, wanted):
    with pytest.raises(InvalidInput) as caught, uow:
        filters.save(uow, actors.desk, name, wanted)
    assert problems(caught) == {"name"}


def test_the_timeline_tells_who_did_what_when(uow, actors, pairing, store, clock):
    def later():
        clock.move(minutes=5)

    with uow:
        claims.claim(uow, actors.colleague, pairing.id)
        claims.take_over(uow, actors.desk, pairing.id)
    later()
    with uow:
        review.decide(uow, actors.desk, pairing.id, Verdict.DECLINE, reason="price", note="差得太远")
    later()
    with uow:
        review.decide(uow, actors.colleague, pairing.id, Verdict.REOPEN)
        notes.add(uow, actors.desk, pairing.id, "对方愿意降价")
    later()
    with uow:
        files.attach(uow, actors.desk, store, pairing.id, "报价.pdf", PDF)
        task = tasks.create(uow, actors.desk, "约时间", day(2), pairing_id=pairing.id)
        assignments.assign(uow, actors.desk, actors.colleague.person_id, pairing_id=pairing.id)
    later()
    with uow:
        tasks.finish(uow, actors.colleague, task.id)
    told = dossier(uow, actors.desk, look(uow, actors.desk, pairing.id))
    kinds = [one.kind for one in reversed(told.entries)]
    assert set(kinds[:2]) == {Kind.MADE, Kind.TAKEN_OVER}
    assert kinds[2] is Kind.MOVED
    assert set(kinds[3:5]) == {Kind.MOVED, Kind.NOTE}
    assert set(kinds[5:8]) == {Kind.FILE, Kind.TASK, Kind.ASSIGNED}
    assert kinds[8:] == [Kind.DONE]
    declined = next(one for one in told.entries if one.said and one.said.verdict is Verdict.DECLINE)
    assert (declined.person, declined.said.reason, declined.move.note) == (actors.desk.name, "price", "差得太远")
    assert told.broker.name == actors.colleague.name
    given = next(one for one in told.entries if one.kind is Kind.ASSIGNED)
    assert (given.person, given.other) == (actors.desk.name, actors.colleague.name)
    with pytest.raises(NotAllowed):
        dossier(uow, actors.enterprise, look(uow, actors.desk, pairing.id))


def test_what_a_person_worked_on_is_marked_as_kept(uow, actors, store):
    made = [PairingFactory() for _ in range(4)]
    uow.commit()
    with uow:
        notes.add(uow, actors.desk, made[0].id, "x")
        files.attach(uow, actors.desk, store, made[1].id, "a.pdf", PDF)
        tasks.create(uow, actors.desk, "x", day(1), pairing_id=made[2].id)
    assert set(uow.session.scalars(select(KeptPairing.pairing_id))) == {one.id for one in made[:3]}
