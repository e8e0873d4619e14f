"""Short and long texts to be encoded, Chinese and English, every one different."""

from __future__ import annotations

import random

_CHINESE = (
    ("面向{a}的{b}技术", "针对{a}中{b}不稳定的问题", "现有{a}受{b}限制", "本项目研究{a}的{b}方法", "通过{b}提高{a}的可靠性"),
    ("航空发动机叶片", "锂离子电池隔膜", "水稻育种", "城市轨道交通", "高温合金涂层", "太赫兹检测仪", "生物可降解支架", "页岩气压裂液", "工业机器人减速器", "污水处理膜"),
    ("激光增材制造", "在线监测", "寿命预测", "多尺度仿真", "表面改性", "缺陷识别", "低成本制备", "能耗优化", "精密加工", "材料回收"),
    ("，要求孔隙率不超过 {n} %。", "，工作温度达到 {n} ℃，连续运行一年。", "，成本降低 {n} %以上。", "；希望与高校联合攻关。", "，已完成中试验证。"),
)  # fmt: skip
_ENGLISH = (
    ("We study {b} for {a}", "The aim is {b} of {a}", "A new approach to {b} in {a} is described", "Existing {a} suffer from poor {b}"),
    ("composite wings", "solid-state batteries", "rice breeding", "railway bridges", "turbine blades", "terahertz sensors", "biodegradable stents", "drilling fluids"),
    ("additive manufacturing", "online monitoring", "fatigue life prediction", "multiscale simulation", "surface treatment", "defect detection", "low-cost preparation"),
    (", with a porosity below {n} percent.", " at temperatures up to {n} K.", ", which reduces the cost by {n} percent.", ", validated in a pilot plant."),
)  # fmt: skip


def mixed(count: int, seed: int = 0) -> list[str]:
    """Return texts of which half are titles, a third are abstracts, and the rest is longer than models read."""
    chance = random.Random(seed)
    sizes = [(1, 1), (1, 1), (1, 1), (6, 10), (6, 10), (18, 30)]
    return [_text(chance, *sizes[at % len(sizes)], at) for at in range(count)]


def _text(chance: random.Random, least: int, most: int, number: int) -> str:
    phrases = _CHINESE if number // 6 % 3 else _ENGLISH  # two thirds are Chinese
    sentences = [_sentence(chance, phrases) for _ in range(chance.randint(least, most))]
    return f"{number}. " + ("" if phrases is _CHINESE else " ").join(sentences)


def _sentence(chance: random.Random, phrases: tuple[tuple[str, ...], ...]) -> str:
    start, things, ways, end = (chance.choice(choices) for choices in phrases)
    return start.format(a=things, b=ways) + end.format(n=chance.randint(2, 990))
