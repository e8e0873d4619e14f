"""Sentences that the engine quotes are found in the texts that people wrote."""

from hypothesis import given
from hypothesis import strategies as st

from matcher.web.desk.marking import Piece, Quote, mark


def test_a_quote_is_marked_where_it_stands() -> None:
    assert mark("前。孔隙率高。后。", [Quote(1, "孔隙率高。")]) == [
        [Piece("前。"), Piece("孔隙率高。", 1, opens=True), Piece("后。")]
    ]


def test_width_case_and_spacing_do_not_matter() -> None:
    (pieces,) = mark("孔隙率 ≤ ０.５％，TRL 6", [Quote(2, "孔隙率≤0.5%,trl 6")])
    assert pieces == [Piece("孔隙率 ≤ ０.５％，TRL 6", 2, opens=True)]


def test_quotes_that_overlap_are_marked_once() -> None:
    (pieces,) = mark("甲乙丙丁", [Quote(1, "乙丙"), Quote(2, "丙丁")])
    assert [piece.number for piece in pieces] == [None, 1, None]


def test_paragraphs_stay_apart() -> None:
    text = "甲乙。\n\n丙丁。"
    assert mark(text, [Quote(1, "乙。丙")]) == [
        [Piece("甲"), Piece("乙。", 1, opens=True)],
        [Piece("丙", 1), Piece("丁。")],
    ]


def test_a_quote_that_runs_over_the_end_of_a_text_is_marked_as_far_as_it_goes() -> None:
    (pieces,) = mark("课题组研发了问答引擎，已在两家试用。", [Quote(1, "错误率 ≤ 1.6 %；\n课题组研发了问答引擎，")])
    assert pieces[0] == Piece("课题组研发了问答引擎，", 1, opens=True)


@given(st.text(max_size=60), st.lists(st.text(max_size=12), max_size=4))
def test_nothing_is_lost_or_added(text: str, quotes: list[str]) -> None:
    paragraphs = mark(text, [Quote(number, quote) for number, quote in enumerate(quotes, 1)])
    shown = ["".join(piece.text for piece in paragraph) for paragraph in paragraphs]
    assert shown == [line for line in text.split("\n") if line.strip()]
