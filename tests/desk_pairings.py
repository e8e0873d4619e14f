"""Pairings as the engine writes them, with every kind of reason, for the tests of the desk."""

from typing import Any

from matcher.engine.evidence import Explanation, FactRow, Gap, IndicatorRow, SentencePair, SharedTerm
from matcher.matching.model import Pairing
from tests.factories import NeedFactory, OfferFactory, PairingFactory


def pairing(score: float = 0.8, **changes: Any) -> Pairing:
    """Make a pairing to review, explained; give `need`, `offer` or any column to change it."""
    need = changes.pop("need", None) or NeedFactory(
        difficulties="修复后孔隙率居高不下。热处理后出现再结晶。", content="给出可量产的工艺窗口。"
    )
    offer = changes.pop("offer", None) or OfferFactory(
        summary="熔池在线监测闭环控制。修复层孔隙率低，已在两家工厂试用。"
    )
    explanation = Explanation(
        alignment=0.7,
        sentences=(SentencePair("修复后孔隙率居高不下。", "修复层孔隙率低，已在两家工厂试用。", 0.9, 0.4),),
        terms=(SharedTerm("孔隙率", 3.2),),
        coverage=0.5,
        indicators=(
            IndicatorRow("孔隙率", "met", 0.0, "孔隙率 ≤ 0.5 %", "孔隙率不高于0.5%", "孔隙率 ≤ 0.3 %", "", 1.0),
            IndicatorRow("抗拉强度", "unknown", None, "抗拉强度 ≥ 980 MPa", ""),
        ),
        facts=(
            FactRow("fields", 1.0, ("new_materials",), ("new_materials",)),
            FactRow("trl", -0.33, (8,), (6,)),
            FactRow("price", 1.0, (3_000_000.0,), (800_000.0, 1_500_000.0)),
        ),
        missing=(Gap("claim_missing", "抗拉强度"), Gap("claim_missing", "延伸率"), Gap("need_without_trl")),
    )
    made: Pairing = PairingFactory(
        **{"need": need, "offer": offer, "score": score, "explanation": explanation.to_dict()} | changes
    )
    return made
