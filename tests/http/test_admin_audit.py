"""The record of actions as the administrator reads it: names and words, no codes, and nothing confidential."""

from datetime import timedelta

from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import assignments, review
from matcher.matching.model import Verdict
from matcher.needs import service as needs
from matcher.offers import service as offers
from tests.conftest import Actors
from tests.desk_pairings import pairing
from tests.factories import need_answers, offer_answers
from tests.http.conftest import SignIn


def rows_of(page: str) -> list[str]:
    """Return the rows of the table as plain lines."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    cells = body.replace("</td>", " ").replace("</tr>", "\n")
    plain = "".join(part.partition(">")[2] for part in cells.split("<"))
    return [" ".join(line.split()) for line in plain.splitlines() if line.strip()]


def test_the_record_names_things_and_says_details_in_words(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    one, other = pairing(0.9), pairing(0.8)
    uow.commit()
    with uow:
        review.decide(uow, actors.desk, one.id, Verdict.DECLINE, reason="ip")
        until = uow.clock().date() + timedelta(days=30)
        review.decide(uow, actors.desk, other.id, Verdict.DEFER, defer_until=until)
        assignments.assign(uow, actors.desk, actors.colleague.person_id, pairing_id=one.id)
    page = sign_in("admin").get("/admin/audit?entity=pairing").text
    text = "\n".join(rows_of(page))
    assert f"XQ{one.need_id:06d} ↔ CG{one.offer_id:06d}" in text
    assert "知识产权" in text
    assert f"日期：{until}" in text
    assert f"交给：{actors.colleague.name}" in text
    assert "None" not in text
    assert "reason" not in text


def test_the_record_of_a_changed_need_says_which_boxes_and_never_its_title(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors
) -> None:
    with uow:
        need = needs.create(uow, actors.enterprise, need_answers(disclosure="closed"))
    with uow:
        needs.edit(
            uow, actors.enterprise, need.id, need_answers(disclosure="closed", title="保密的高温合金", budget="81")
        )
    text = "\n".join(rows_of(sign_in("admin").get("/admin/audit?entity=need").text))
    assert f"需求 XQ{need.id:06d}" in text
    assert "改了：需求名称、预期投入" in text
    assert "高温合金" not in text


def test_boxes_of_a_result_have_the_words_of_its_own_form(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    with uow:
        offer = offers.create(uow, actors.university, offer_answers())
    with uow:
        offers.edit(uow, actors.university, offer.id, offer_answers(title="另一个名称"))
    text = "\n".join(rows_of(sign_in("admin").get("/admin/audit?entity=offer").text))
    assert "改了：成果名称" in text
