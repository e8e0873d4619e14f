"""Tells how similar the names of two quantities are, Chinese and English, without a model.

Names that a table of the field's common quantities calls the same (抗拉强度, tensile strength) are the same; names it calls different are
different, however alike they are written (充电时间, 放电时间). Other names compare by shared character bigrams (Chinese) or word stems (English).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from matcher.engine.quantities import fold

# One line per quantity; Chinese and English names separated by strokes, the commonest first.
_QUANTITIES = """
抗拉强度/拉伸强度/极限强度/引張強度/tensile strength/ultimate strength/zugfestigkeit
屈服强度/屈服点/yield strength/yield stress
抗压强度/压缩强度/compressive strength/compression strength
抗弯强度/弯曲强度/抗折强度/flexural strength/bending strength
抗剪强度/剪切强度/shear strength
结合强度/粘接强度/附着力/结合力/bond strength/bonding strength/adhesion/adhesive strength
疲劳强度/fatigue strength
疲劳寿命/fatigue life
断裂韧性/断裂韧度/fracture toughness
冲击韧性/冲击功/impact toughness/impact energy
延伸率/断后伸长率/断裂伸长率/伸长率/elongation/elongation at break
弹性模量/杨氏模量/拉伸模量/elastic modulus/young's modulus/tensile modulus
硬度/hardness/härte
孔隙率/气孔率/孔隙度/気孔率/porosity/porosität
密度/density
能量密度/比能量/质量能量密度/energy density/specific energy
体积能量密度/volumetric energy density
功率密度/比功率/power density/specific power
面密度/areal density
储氢密度/储氢容量/hydrogen storage density/hydrogen storage capacity
致密度/相对密度/relative density
表面粗糙度/粗糙度/surface roughness/roughness
晶粒尺寸/grain size
粒径/粒度/颗粒尺寸/particle size/particle diameter
厚度/thickness
层厚/打印层厚/layer thickness
重复定位精度/重复精度/repeatability/repeat positioning accuracy/repeat accuracy
定位精度/positioning accuracy/position accuracy/localization accuracy/localisation accuracy
测量精度/检测精度/measurement accuracy/measuring accuracy
控温精度/温控精度/温度控制精度/temperature control accuracy
时间同步精度/同步精度/synchronization accuracy/synchronisation accuracy
准确率/正确率/识别准确率/识别率/检测准确率/accuracy/recognition accuracy/recognition rate/classification accuracy
精确率/查准率/precision
召回率/查全率/检出率/recall/detection rate
误报率/虚警率/假阳性率/false alarm rate/false positive rate
漏检率/漏报率/假阴性率/miss rate/missed detection rate/false negative rate
误码率/比特错误率/bit error rate/ber
错误率/error rate
灵敏度/敏感性/sensitivity
特异性/特异度/specificity
接收灵敏度/receiver sensitivity
分辨率/resolution
空间分辨率/spatial resolution
角分辨率/angular resolution
光谱分辨率/spectral resolution
能量分辨率/energy resolution
响应时间/反应时间/response time
时延/延迟/延时/端到端时延/latency/delay/end-to-end latency
充电时间/charging time/charge time
放电时间/discharge time
检测时间/分析时间/detection time/analysis time/test time
循环寿命/循环次数/cycle life/cycling life
使用寿命/服役寿命/寿命/service life/lifetime/life time/operating life
平均无故障时间/平均故障间隔时间/mtbf/mean time between failures
首次库伦效率/首效/首周库仑效率/initial coulombic efficiency
容量保持率/capacity retention
比容量/放电比容量/specific capacity
离子电导率/ionic conductivity/ion conductivity
电导率/导电率/electrical conductivity/conductivity
电阻率/resistivity
热导率/导热系数/导热率/thermal conductivity
热膨胀系数/线膨胀系数/coefficient of thermal expansion/thermal expansion coefficient/cte
摩擦系数/coefficient of friction/friction coefficient
介电常数/dielectric constant/relative permittivity
介质损耗/介电损耗/dielectric loss/loss tangent
工作温度/使用温度/运行温度/工作温度范围/使用温度范围/operating temperature/operating temperatures/operating temperature range/working temperature
储存温度/storage temperature
转换效率/光电转换效率/电池效率/conversion efficiency/power conversion efficiency/cell efficiency
系统效率/system efficiency
量子效率/quantum efficiency
探测效率/单光子探测效率/detection efficiency
暗计数率/暗计数/dark count rate/dark counts
相干时间/coherence time
保真度/fidelity
信噪比/signal-to-noise ratio/signal to noise ratio/snr
动态范围/dynamic range
带宽/bandwidth
插入损耗/插损/insertion loss
回波损耗/return loss
增益/gain
相位噪声/phase noise
工作频率/频率范围/工作频段/operating frequency/frequency range
采样率/采样频率/sampling rate/sampling frequency/sample rate
传输速率/数据速率/通信速率/data rate/transmission rate/bit rate
帧率/frame rate
吞吐量/吞吐率/throughput
算力/computing power/compute performance
功耗/功率消耗/power consumption
能耗/综合能耗/单位能耗/energy consumption
电耗/电能消耗/electricity consumption
噪声/噪音/noise/noise level
重量/自重/整机重量/质量/weight/mass/gewicht
最大起飞重量/takeoff weight/maximum takeoff weight
载荷/载重/有效载荷/载重能力/payload/payload capacity
体积/volume
成本/单位成本/生产成本/制造成本/cost/unit cost/production cost
续航时间/航时/endurance/flight time
续航里程/航程/driving range/range
速度/运行速度/最高速度/最高运行速度/speed/speeds/maximum speed/top speed
转速/主轴转速/rotational speed/spindle speed
推力/thrust
比冲/specific impulse
扭矩/转矩/torque
压力/压强/pressure
工作压力/operating pressure/working pressure
流量/flow rate
粘度/黏度/viscosity
纯度/purity
蛋白纯度/protein purity
含水率/含水量/水分/水分含量/moisture content/water content/moisture
杂质含量/杂质/impurity content/impurities
氧含量/oxygen content
检测限/检出限/最低检出限/limit of detection/detection limit/detection limits/lod
定量限/limit of quantification/loq
回收率/recovery/recovery rate
去除率/脱除率/removal rate/removal efficiency/removal
转化率/conversion/conversion rate
选择性/selectivity
收率/得率/yield/产率
良率/良品率/成品率/合格率/production yield/yield rate/pass rate
产量/产能/处理能力/output/production capacity/processing capacity
亩产/crop yield
存活率/细胞存活率/细胞活率/cell viability/survival rate
酶活/酶活力/enzyme activity
效价/titer/titre
透光率/透过率/transmittance/light transmittance
亮度/luminance/brightness
光效/发光效率/luminous efficacy
视场角/视场/field of view/fov
波长/wavelength
波长范围/光谱范围/wavelength range/spectral range
探测距离/作用距离/detection range/detection distance
漏率/泄漏率/leak rate/leakage rate
泄漏电流/漏电流/leakage current
真空度/vacuum/vacuum level
耐压/击穿电压/breakdown voltage/withstand voltage
额定电压/rated voltage
输出功率/output power
输入功率/input power
激光功率/laser power
光束质量/beam quality
开关频率/switching frequency
导通电阻/on-resistance/on resistance
国产化率/localization rate
保质期/货架期/shelf life
酸碱度/ph值/ph
f1/f1值/f1 score/f1-score
auc/auc值
map/平均精度均值/mean average precision
cod/出水cod/化学需氧量/chemical oxygen demand
氨氮/ammonia nitrogen
总磷/total phosphorus
总氮/total nitrogen
剂量率/dose rate
通道数/脑电通道数/channel count/number of channels
信息传输率/information transfer rate/itr
"""

# Words of which a name can have one: with different ones, two names are different quantities.
_OPPOSITES_TABLE = """
充电 放电/输入 输出/高温 低温 室温 常温/入口 出口/进水 出水/上限 下限/上行 下行/发射 接收/拉伸 压缩 弯曲 剪切/横向 纵向/轴向 径向/水平 垂直
正极 负极/阳极 阴极/内径 外径/开路 短路/静态 动态/峰值 平均/体积 质量/升温 降温/提高 降低/提升 下降/增加 减少/空间 时间/加热 冷却
input output/charging discharging/charge discharge/inlet outlet/uplink downlink/transmit receive/axial radial
tensile compressive flexural shear/static dynamic/peak average/heating cooling/reduction increase/anode cathode
spatial temporal/inner outer
"""


def _split(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_OPPOSITES = tuple(_split(words) for words in _OPPOSITES_TABLE.strip().replace("\n", "/").split("/"))
_GENERIC = frozenset(_split("strength rate time level value efficiency temperature accuracy capacity density power"))
_ENGLISH_NOISE = frozenset(_split("the a an of in at for its and overall total achieved maximum minimum max min"))
_HAN = re.compile(r"[\u3400-\u9fff]")


@lru_cache(maxsize=65536)
def name_similarity(one: str, other: str) -> float:
    """Return how likely two names are the same quantity, 0…1, symmetric; 1 for equal names, 0 for opposites.

    From 0.6 upward names may be taken for the same. Names in different languages compare through the table only.
    """
    a, b = _traits(normalise_name(one)), _traits(normalise_name(other))
    if not a.name or not b.name:
        return 0.0
    if a.name == b.name:
        return 1.0
    known = a.quantity is not None and b.quantity is not None
    if (known and a.quantity != b.quantity) or _opposite(a, b):
        return 0.0
    written = _written_alike(a, b)
    return 0.85 + 0.1 * written if known else written


@dataclass(frozen=True, slots=True)
class _Traits:
    """Hold what comparisons ask of a normalised name: read once, for every name meets thousands of others."""

    name: str
    quantity: int | None
    chinese: bool
    pieces: frozenset[str]  # bigrams or stems
    head: str
    opposites: Mapping[int, frozenset[str]]  # words of each row of the table of opposites that occur


@lru_cache(maxsize=65536)
def _traits(name: str) -> _Traits:
    if not name:
        return _Traits("", None, False, frozenset(), "", {})
    chinese = bool(_HAN.search(name))
    words = ((row, frozenset(word for word in words if word in name)) for row, words in enumerate(_OPPOSITES))
    pieces = _bigrams(name) if chinese else _stems(name)
    return _Traits(name, _quantity(name), chinese, pieces, _head(name), {row: found for row, found in words if found})


@lru_cache(maxsize=65536)
def normalise_name(name: str) -> str:
    """Return a name without width, case, brackets, blanks between Chinese characters, and words without meaning."""
    plain = re.sub(r"\([^()]{0,20}\)|[“”\"']", " ", fold(name).casefold())
    words = [word for word in re.split(r"[\s,;、]+", plain) if word and word not in _ENGLISH_NOISE]
    return re.sub(r"(?<=[\u3400-\u9fff]) | (?=[\u3400-\u9fff])", "", " ".join(words))


def _opposite(a: _Traits, b: _Traits) -> bool:
    return any(row in b.opposites and not words & b.opposites[row] for row, words in a.opposites.items())


@cache
def _table() -> dict[str, int]:
    return {
        normalise_name(name): number
        for number, line in enumerate(_QUANTITIES.strip().splitlines())
        for name in line.split("/")
        if name
    }


@lru_cache(maxsize=65536)
def _quantity(name: str) -> int | None:
    """Return the number of the quantity whose name is the longest that a name ends with (Chinese, and English in words).

    涂层抗拉强度 is a tensile strength. A two-character ending alone says too little (强度 of 抗撕强度), unless it is the name.
    """
    table = _table()
    if name in table:
        return table[name]
    if _HAN.search(name):
        for start in range(1, len(name) - 2):
            if name[start:] in table:
                return table[name[start:]]
        return None
    words = name.split()
    for start in range(1, len(words)):
        rest = " ".join(words[start:])
        if rest in table and rest not in _GENERIC and len(words) - start > 1:
            return table[rest]
    return None


def _written_alike(a: _Traits, b: _Traits) -> float:
    """Return the Dice coefficient of character bigrams or word stems; a name that is the other's ending counts more."""
    if a.chinese != b.chinese:
        return 0.0
    dice = 2 * len(a.pieces & b.pieces) / (len(a.pieces) + len(b.pieces)) if a.pieces and b.pieces else 0.0
    short, long = (a.name, b.name) if (len(a.name), a.name) < (len(b.name), b.name) else (b.name, a.name)
    if a.chinese and long.endswith(short):
        return max(dice, 0.85 if len(short) > 2 else 0.65)
    if not a.chinese and long.endswith(f" {short}"):
        return max(dice, 0.8 if len(short.split()) > 1 else 0.65 if short not in _GENERIC else 0.5)
    return dice if a.head == b.head else 0.7 * dice


def _head(name: str) -> str:
    """Return what carries the meaning of a name: its last character, or its last word's stem."""
    return name[-1] if _HAN.search(name) else _stem(name.split()[-1])


def _bigrams(name: str) -> frozenset[str]:
    return frozenset(name[i : i + 2] for i in range(len(name) - 1)) or frozenset((name,))


def _stems(name: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in re.split(r"[\s-]+", name) if word)


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
