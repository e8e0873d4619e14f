"""The demo: true to the field, invented and marked, written once, however often it is interrupted."""

import csv
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter

import pytest
from sqlalchemy import func, select
from stdnum.cn import uscc

from matcher.accounts.model import Organisation, Person, PersonState
from matcher.app import open_platform
from matcher.core.clock import local_date, utc_now
from matcher.core.errors import NotAllowed
from matcher.core.fields import read_answers
from matcher.core.outbox import OutboxRow
from matcher.core.people import Role
from matcher.core.unit_of_work import UnitOfWork
from matcher.core.vocabularies.regions import city_of
from matcher.matching import introduction_view
from matcher.messages.service import unread
from matcher.needs import service as needs
from matcher.needs.fields import NEED_FIELDS
from matcher.needs.model import Need, NeedState
from matcher.offers import service as offers
from matcher.offers.fields import OFFER_FIELDS
from matcher.offers.model import Offer
from matcher.seeding import DEMO_PASSWORD, DEMO_PEOPLE, SEEDS, as_given, read_seeds, seed_demo
from matcher.seeding_introductions import seed_introductions
from matcher.settings import Settings
from tests import factories
from tests.databases import ROOT

NEEDS = list(read_seeds("needs", "need"))
OFFERS = list(read_seeds("offers", "offer"))
ORGANISATIONS = list(read_seeds("organisations", "organisation"))
EXPERTS = list(read_seeds("experts", "expert"))
PARTS = [tomllib.loads(path.read_text("utf-8")) for path in sorted((SEEDS / "judged").glob("*.toml"))]


def judged_pairs():
    for path in sorted((SEEDS / "judged").glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file, delimiter="\t")


def text_of(entry):
    return "\n".join(str(value) for key, value in entry.items() if isinstance(value, str) and key != "ref")


def test_there_is_as_much_of_everything_as_was_promised():
    assert len(NEEDS) >= 80
    assert len(OFFERS) >= 200
    assert len(ORGANISATIONS) >= 25
    with_needs = {entry["organisation"] for entry in NEEDS}
    with_offers = {entry["organisation"] for entry in OFFERS}
    assert len(with_needs | with_offers) >= 25


@pytest.mark.parametrize("side", ["needs", "offers"])
def test_at_least_twelve_fields_are_covered_on_both_sides(side):
    entries = NEEDS if side == "needs" else OFFERS
    fields = Counter(code for entry in entries for code in entry["tech_fields"])
    assert len(fields) >= 12
    named = {
        "aerospace", "low_altitude", "electronics", "biomedicine", "new_materials", "rail", "energy", "environment",
        "agriculture", "food", "software_ai", "medical_devices", "bci", "quantum",
    }  # fmt: skip
    assert named <= set(fields)


def test_organisations_sit_in_the_cities_of_the_region_and_abroad():
    cities = {city_of(entry["region"]) for entry in ORGANISATIONS}
    assert {"510100", "510700", "510600", "511400", "512000", "500000"} <= cities
    assert {code for code in cities if code.isalpha()} >= {"DE", "JP", "GB"}


def test_some_results_are_in_other_languages():
    languages = Counter(entry.get("language", "zh") for entry in OFFERS)
    assert languages["en"] >= 10
    assert languages["de"] >= 1
    assert languages["ja"] >= 1


@pytest.mark.parametrize(("entries", "fields"), [(NEEDS, NEED_FIELDS), (OFFERS, OFFER_FIELDS)], ids=["needs", "offers"])
def test_every_answer_of_the_seeds_is_readable_and_every_code_known(entries, fields):
    names = {field.name for field in fields} | {"organisation", "kind", "indicator", "ip"}
    for entry in entries:
        given = {name: value for name, value in entry.items() if name not in {"organisation", "indicator"}}
        given["indicators"] = entry.get("indicator", [])
        assert read_answers(fields, given).problems == [], entry["ref"]
        assert set(entry) <= names, entry["ref"]


def test_every_chinese_organisation_has_a_valid_code_of_its_own_and_foreign_ones_none():
    codes = []
    for entry in ORGANISATIONS:
        if entry["region"].isdigit():
            assert uscc.is_valid(entry["uscc"]), entry["key"]
            codes.append(entry["uscc"])
        else:
            assert "uscc" not in entry, entry["key"]
    assert len(codes) == len(set(codes))


def test_every_organisation_is_marked_as_an_example_by_its_name():
    for entry in ORGANISATIONS:
        assert any(mark in entry["name"] for mark in ("（示例）", "（例示）", "(example)")), entry["key"]


def test_invented_people_have_addresses_that_reach_nobody():
    for entry in ORGANISATIONS:
        assert entry.get("contact_email", "x@y.example").endswith(".example"), entry["key"]


def test_texts_are_as_long_as_real_lists_have_them():
    vague = {ref for part in PARTS for ref in part["vague"]}
    long_needs = [entry for entry in NEEDS if entry["ref"] not in vague]
    assert min(len(text_of(entry)) for entry in long_needs) >= 200
    assert sum(map(len, map(text_of, long_needs))) / len(long_needs) >= 500
    assert min(len(text_of(entry)) for entry in OFFERS) >= 120
    quantified = [entry for entry in long_needs if entry.get("indicator")]
    assert len(quantified) >= 0.9 * len(long_needs)


@pytest.mark.parametrize("entries", [NEEDS, OFFERS, ORGANISATIONS], ids=["needs", "offers", "organisations"])
def test_every_entry_has_a_number_of_its_own(entries):
    keys = Counter(entry.get("ref", entry.get("key")) for entry in entries)
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_owner_exists():
    known = {entry["key"] for entry in ORGANISATIONS}
    assert {entry["organisation"] for entry in [*NEEDS, *OFFERS]} <= known


def test_judged_pairs_name_what_exists_and_are_judged_once():
    need_refs, offer_refs = {entry["ref"] for entry in NEEDS}, {entry["ref"] for entry in OFFERS}
    pairs = list(judged_pairs())
    assert {pair["need"] for pair in pairs} <= need_refs
    assert {pair["offer"] for pair in pairs} <= offer_refs
    assert {pair["grade"] for pair in pairs} == {"1", "2"}
    assert [p for p, n in Counter((pair["need"], pair["offer"]) for pair in pairs).items() if n > 1] == []


def test_some_needs_have_no_answer_some_are_alike_and_some_are_vague():
    need_refs = {entry["ref"] for entry in NEEDS}
    unanswered = {ref for part in PARTS for ref in part["unanswered"]}
    alike = {ref for part in PARTS for group in part["near_duplicates"] for ref in group}
    vague = {ref for part in PARTS for ref in part["vague"]}
    assert unanswered | alike | vague <= need_refs
    assert min(len(unanswered), len(alike), len(vague)) >= 3
    answered = {pair["need"] for pair in judged_pairs() if pair["grade"] == "2"}
    assert not unanswered & answered
    silent = need_refs - answered - unanswered - vague
    assert silent == set(), "every other need has at least one result that answers it"


@pytest.fixture(scope="module")
def demo(sqlite_databases, tmp_path_factory):
    """Open a platform with the whole demo in it."""
    opened = open_demo(sqlite_databases, tmp_path_factory.mktemp("demo"))
    opened.first = seed_demo(opened)
    yield opened
    opened.engine.dispose()


def open_demo(databases, folder, **settings):
    return open_platform(
        Settings(
            _env_file=None, data=folder, DATABASE_URL=databases.new(folder), secret_key="only for tests", **settings
        )
    )


@pytest.fixture
def demo_uow(demo):
    opened = UnitOfWork(demo.sessions)
    yield opened
    opened.close()


def content(platform):
    """Return what the demo says, without the ids and moments of the run."""
    uow = UnitOfWork(platform.sessions)
    everything = {
        "organisations": sorted(uow.session.scalars(select(Organisation.seed_key))),
        "people": sorted(tuple(row) for row in uow.session.execute(select(Person.email, Person.state))),
        "needs": sorted(repr((n.ref, n.state.value, needs.answers_of(n))) for n in uow.session.scalars(select(Need))),
        "offers": sorted(
            repr((o.ref, o.state.value, offers.answers_of(o))) for o in uow.session.scalars(select(Offer))
        ),
        "wishes": uow.session.scalar(select(func.count()).select_from(OutboxRow)),
    }
    uow.close()
    return everything


def test_the_demo_holds_every_seed(demo):
    assert demo.first == {
        "organisations": len(ORGANISATIONS),
        "people": len(DEMO_PEOPLE) + 1,
        "needs": len(NEEDS),
        "results": len(OFFERS),
        "experts": len(EXPERTS),
    }


def test_seeding_again_writes_nothing(demo):
    before = content(demo)
    assert set(seed_demo(demo).values()) == {0}
    assert content(demo) == before


def test_one_known_person_of_each_role_can_sign_in_and_one_waits(demo, demo_uow):
    from matcher.accounts.service import sign_in

    with demo_uow:
        roles = [sign_in(demo_uow, person.email, DEMO_PASSWORD).actor().roles for person in DEMO_PEOPLE]
    assert set(roles) == {frozenset({role}) for role in Role}
    waiting = demo_uow.session.scalars(select(Person).where(Person.state == PersonState.PENDING)).all()
    assert len(waiting) == 1


def test_every_organisation_of_the_demo_is_marked_in_the_database(demo_uow):
    assert not demo_uow.session.scalars(select(Organisation).where(~Organisation.is_example)).all()


def test_vague_needs_wait_for_the_desk_and_the_others_are_open(demo_uow):
    states = Counter(demo_uow.session.scalars(select(Need.state)))
    assert set(states) == {NeedState.PUBLISHED, NeedState.SUBMITTED}
    assert states[NeedState.SUBMITTED] >= 2


def test_dates_of_the_demo_lie_ahead_however_old_the_seeds_are(demo_uow):
    assert demo_uow.session.scalar(select(func.min(Need.valid_until))) > local_date(utc_now())


def test_needs_of_the_demo_came_in_over_two_months_and_none_in_the_future(demo_uow):
    first, last = demo_uow.session.execute(select(func.min(Need.published_at), func.max(Need.published_at))).one()
    assert last <= utc_now()
    assert (last - first).days > 40


def test_targeted_needs_of_the_demo_are_shown_to_organisations_that_exist(demo_uow):
    names = set(demo_uow.session.scalars(select(Organisation.name)))
    targeted = demo_uow.session.scalars(select(Need).where(Need.disclosure == "targeted")).all()
    assert targeted
    for need in targeted:
        assert set(need.targets) <= names, need.ref


def test_the_demo_is_refused_in_production(sqlite_databases, tmp_path):
    platform = open_demo(sqlite_databases, tmp_path, environment="production")
    with pytest.raises(NotAllowed):
        seed_demo(platform)
    assert content(platform)["organisations"] == []
    platform.engine.dispose()


SEED = "from matcher.app import open_platform; from matcher.seeding import seed_demo; seed_demo(open_platform())"


def kill_seeding_at(platform, model, rows):
    """Seed in a process of its own and kill it as soon as there are `rows` rows of a table."""
    environment = {"MATCHER_DATA": str(platform.settings.data), "DATABASE_URL": platform.settings.url}
    process = subprocess.Popen([sys.executable, "-c", SEED], cwd=ROOT, env=environment)
    uow = UnitOfWork(platform.sessions)
    while process.poll() is None and uow.session.scalar(select(func.count()).select_from(model)) < rows:
        uow.rollback()
        time.sleep(0.02)
    uow.close()
    process.kill()
    assert process.wait() == -signal.SIGKILL, "it was still at work"


def test_a_demo_killed_in_the_middle_twice_is_completed_by_the_next_run(demo, sqlite_databases, tmp_path):
    platform = open_demo(sqlite_databases, tmp_path)
    kill_seeding_at(platform, Need, 26)
    assert len(content(platform)["needs"]) < len(NEEDS)
    kill_seeding_at(platform, Offer, 80)
    assert len(content(platform)["offers"]) < len(OFFERS)
    seed_demo(platform)
    assert content(platform) == content(demo)
    platform.engine.dispose()


def test_seed_dates_move_along_with_the_calendar():
    from datetime import timedelta

    entry = next(entry for entry in NEEDS if "valid_until" in entry)
    moved = as_given(entry, timedelta(days=365))
    assert moved["valid_until"] == entry["valid_until"] + timedelta(days=365)


STORIES = list(read_seeds("introductions", "story"))


def test_the_stories_of_the_demo_are_told_once_and_show_both_sides_something(sqlite_databases, tmp_path):
    platform = open_demo(sqlite_databases, tmp_path)
    seed_demo(platform)
    uow = UnitOfWork(platform.sessions)
    with factories.written_to(uow), uow:
        for story in STORIES:
            need = uow.session.scalars(select(Need).where(Need.ref == story["need"])).one()
            offer = uow.session.scalars(select(Offer).where(Offer.ref == story["offer"])).one()
            factories.PairingFactory(need=need, offer=offer)
    assert [seed_introductions(platform), seed_introductions(platform)] == [len(STORIES), 0]
    for email in ("qiye@demo.example", "gaoxiao@demo.example"):
        actor = uow.session.scalars(select(Person).where(Person.email == email)).one().actor()
        rows = introduction_view.listed(uow, actor).rows
        assert len(rows) >= 3
        assert sum(row.waits_for_me for row in rows) == 1
        assert unread(uow, actor)
    uow.close()
    platform.engine.dispose()


def test_stories_are_refused_in_production(sqlite_databases, tmp_path):
    platform = open_demo(sqlite_databases, tmp_path, environment="production")
    with pytest.raises(NotAllowed):
        seed_introductions(platform)
    platform.engine.dispose()
