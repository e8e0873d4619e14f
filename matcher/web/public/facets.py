"""The facets of the two public lists."""

from matcher.core.labels import Label
from matcher.core.vocabularies import (
    INDUSTRY,
    LANGUAGE,
    LONG_COOPERATION,
    NEED_SOURCE,
    OFFER_COOPERATION,
    REGION,
    TECH_FIELD,
    TRL,
)
from matcher.needs.model import NEED_LIFECYCLE, PUBLIC_STATES, NeedState
from matcher.web.lists import Facet, facet


def _state_label(code: str) -> Label:
    return NEED_LIFECYCLE.labels[NeedState(code)]


STATE = Facet("state", Label("状态", "State"), _state_label, {state.value for state in PUBLIC_STATES}.__contains__)

NEED_FACETS = (
    facet("tech_field", Label("技术领域", "Technology field"), TECH_FIELD),
    facet("region", Label("地区", "Region"), REGION),
    facet("source", Label("需求来源", "Source"), NEED_SOURCE),
    facet("industry", Label("所属行业", "Industry"), INDUSTRY),
    facet("trl", Label("期望成熟度", "Readiness asked for"), TRL),
    facet("cooperation", Label("合作方式", "Cooperation"), LONG_COOPERATION),
    STATE,
)

OFFER_FACETS = (
    facet("tech_field", Label("技术领域", "Technology field"), TECH_FIELD),
    facet("trl", Label("技术成熟度", "Readiness"), TRL),
    facet("region", Label("地区", "Region"), REGION),
    facet("cooperation", Label("合作方式", "Cooperation"), OFFER_COOPERATION),
    facet("industry", Label("应用行业", "Industry of use"), INDUSTRY),
    facet("language", Label("填写语言", "Language"), LANGUAGE),
)
