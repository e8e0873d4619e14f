"""Makers of experts and panels, and an encoder that knows words and needs no model."""

from datetime import timedelta

import factory
import numpy as np

from matcher.core.people import Role
from matcher.engine.reference import Reference
from matcher.matching.model import ServedIndex
from matcher.projects.experts.model import Expert, Panel, Seat, Stage
from matcher.projects.lifecycle import SeatState
from tests.factories import OrganisationFactory, PersonFactory, _Factory, _now

CRITERIA = [{"name": "创新", "en": "Novelty", "weight": 60}, {"name": "可行", "en": "Feasibility", "weight": 40}]


class ExpertFactory(_Factory):
    """An active expert of an institute of their own."""

    class Meta:
        model = Expert

    class Params:
        organisation = factory.SubFactory(OrganisationFactory, kind="institute")

    person = factory.LazyAttribute(lambda o: PersonFactory(organisation=o.organisation, role=Role.EXPERT))
    title = "教授"
    tech_fields = factory.LazyFunction(lambda: ["new_materials"])
    keywords = factory.LazyFunction(lambda: ["增材制造"])
    profile = "研究叶片增材修复。"
    created_at = factory.LazyFunction(_now)
    changed_at = factory.LazyFunction(_now)


class PanelFactory(_Factory):
    """An open panel over a project that is due in a week; give `project`."""

    class Meta:
        model = Panel

    class Params:
        project = None

    project_id = factory.LazyAttribute(lambda o: o.project.id)
    stage = Stage.EVALUATION
    criteria = factory.LazyFunction(lambda: [dict(one) for one in CRITERIA])
    least = 2
    due_at = factory.LazyFunction(lambda: _now() + timedelta(days=7))
    created_at = factory.LazyFunction(_now)


class SeatFactory(_Factory):
    """An accepted seat; give `panel` and `expert`."""

    class Meta:
        model = Seat

    class Params:
        panel = None
        expert = factory.SubFactory(ExpertFactory)

    panel_id = factory.LazyAttribute(lambda o: o.panel.id)
    expert_id = factory.LazyAttribute(lambda o: o.expert.id)
    state = SeatState.ACCEPTED
    invited_at = factory.LazyFunction(_now)


class WordEncoder:
    """Count characters: texts that share them are near. No model is loaded."""

    name = "characters"
    dimension = 256
    window = 512

    def __init__(self) -> None:
        self.texts = 0

    def encode_needs(self, texts):
        return self._encode(texts)

    def encode_offers(self, texts):
        return self._encode(texts)

    def count_tokens(self, texts):
        return [len(text) for text in texts]

    def _encode(self, texts):
        self.texts += len(texts)
        rows = np.full((len(texts), self.dimension), 1e-3, np.float32)
        for at, text in enumerate(texts):
            for letter in text:
                rows[at, ord(letter) % self.dimension] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


TEXTS = (
    "城轨车辆制动盘热裂纹分析与检修", "泡菜低盐发酵菌种与亚硝酸盐控制", "单抗纯化宿主蛋白残留", "量子密钥分发城域试验",
    "储能电池簇热失控早期预警", "柔性显示模组外观缺陷检测", "碳化硅功率模块封装", "丘陵果园采收装备", "脑电信号解码与康复",
    "电站转子锻件残余应力", "光缆振动识别", "氧化锆义齿烧结收缩",
)  # fmt: skip


def serve_characters(uow):
    """Write the statistics of a small collection read by WordEncoder, as if it had been indexed."""
    vectors, languages = WordEncoder().encode_offers(TEXTS), ["zh"] * len(TEXTS)
    reference = Reference.fit(vectors, languages, vectors, languages).to_bytes()
    uow.session.add(
        ServedIndex(
            encoder=WordEncoder.name, needs=12, offers=12, need_reference=reference, offer_reference=reference, built_at=uow.clock()
        )
    )  # fmt: skip
    uow.session.flush()
