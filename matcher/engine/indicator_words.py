"""The words of demands and claims: what compares, what is better, and which names mean the same quantity.

Everything here is vocabulary of the field in Chinese and English (with the few German and Japanese words of comparison), for the
reader (indicators.py) and the comparison of indicators (comparison.py).
"""

from __future__ import annotations

import re
from functools import lru_cache

from matcher.engine.units import parse_unit

# --- words of comparison -------------------------------------------------------------------------------------------------
# Codes beside those of Indicator: reach (达到, up to: at least, or at most where less is better), better (优于, better than), within
# (控制在: at most, unless 以上 follows), approx (a link without a direction: 为, of, is, about).

_NOT = r"(?:不得|不应|不能|不可|不宜|不会|不允许|不再|不必|不|未|无|勿)"
_MORE = r"(?:大于|高于|超过|多于|超出|长于|晚于|重于|高过|大过)"
_LESS = r"(?:小于|低于|少于|短于|弱于|早于|轻于|亚于|次于|差于|劣于|逊于|小過|小过)"
_OR_EQUAL = r"(?:或者?|并|及|且)?等于"
_EN_MORE = r"(?:more|greater|higher|larger|longer|bigger|heavier|later|wider|faster)"
_EN_LESS = r"(?:less|lower|smaller|fewer|shorter|lighter|cheaper|slower|earlier)"

_BEFORE: tuple[tuple[str, str], ...] = (
    (
        "le",
        rf"≤|<=|=<|{_NOT}要?{_MORE}|{_LESS}{_OR_EQUAL}|至多|最多|上限(?:值)?[为是]?|(?:降|减|缩短|压缩|降低|减少|减小|下降|缩小|削减)(?:至|到|为)|低至|低到"
        rf"|\bat (?:the )?most|\b(?:not?|nor?) {_EN_MORE} than|\bnot (?:to )?exceed(?:ing)?|\b(?:does|do|may|will|can|shall|must|should)(?:n't| not) exceed"
        r"|\b(?:a |the )?max(?:imum|\.)?(?: value)?(?: of)?|\bnot above|\b(?:less|lower|smaller|fewer) than or equal to|\blimited to|\breduced to"
        r"|\bas (?:low|small|little|short) as|\bdown to|\bhöchstens|\bmaximal",
    ),
    (
        "ge",
        rf"≥|>=|=>|{_NOT}要?{_LESS}|{_MORE}{_OR_EQUAL}|至少|起码|下限(?:值)?[为是]?|(?:提高|提升|增|增加|增大|延长|扩大|增长|上升|升|增强|提)(?:至|到|为)"
        rf"|\bat (?:the )?least|\b(?:not?|nor?) {_EN_LESS} than|\bnot below|\b(?:a |the )?min(?:imum|\.)?(?: value)?(?: of)?"
        r"|\b(?:more|greater|higher|larger) than or equal to|\b(?:increased|raised|improved) to|\bmindestens",
    ),
    ("gt", rf">|{_MORE}|突破|逾|\b{_EN_MORE} than|\babove|\bover|\bexceed(?:s|ed|ing)?|\bin excess of|\bbeyond|\bupwards of|\bsurpass(?:es|ed|ing)?|\bmehr als|\büber"),
    ("lt", rf"<|{_LESS}|不到|不足|未满|不满|\b{_EN_LESS} than|\bbelow|\bunder|\bweniger als|\bunter"),
    ("better", r"优于|好于|强于|胜于|\b(?:better|finer) than|\bsuperior to"),
    ("within", r"(?:控制|限制|限定|保持|维持|稳定|约束|压缩)[在到于]|\bwithin"),
    ("reach", r"(?:可|能|能够|最高|最大|预计|均)?(?:达到|达成|达)|高达|多达|长达|[可最]高(?:可)?|最[大低小少长短]|\bup to|\breach(?:es|ed|ing)?|\bas (?:high|long|much|large|fast) as|\bbis zu"),
    (
        "approx",
        r"[=≈:]|[为是]|约|大约|等于|在|处于|介于|取|は|が"
        r"|\b(?:of|is|are|was|were|be|equals?|equal to|about|approximately|around|roughly|nominally|from|between|von|zwischen|ist|ranging|ranges?)|~|\bapprox\.?",
    ),
)
BEFORE = re.compile("(?:" + "|".join(f"(?P<{code}>{words})" for code, words in _BEFORE) + r")[\s|]*$", re.IGNORECASE)

_AFTER: tuple[tuple[str, str], ...] = (
    ("ge", r"(?:及|或|或者|和)?(?:以上|之上)|或更[高大长多]|\+(?![\w/])|,? (?:or|and) (?:more|higher|greater|above|larger|longer|over|faster|better)\b|\(?min(?:imum)?\b\.?|oder mehr"),
    ("le", r"(?:及|或|或者|和)?(?:以下|之下)|以内|之内|内(?!径|部|存|外|置|阻|应)|或更[低小短少]|,? (?:or|and) (?:less|lower|below|fewer|smaller|shorter|under)\b|\(?max(?:imum)?\b\.?|oder weniger"),
    ("lt", r"未満"),
    ("approx", r"之间|范围内|区间|左右|上下"),
)
AFTER = re.compile(r"[ ]?(?:" + "|".join(f"(?P<{code}>{words})" for code, words in _AFTER) + ")", re.IGNORECASE)

# --- which way is better --------------------------------------------------------------------------------------------------

_CHANGE = re.compile(r"(?:提高|提升|增加|增长|增强|改善|延长|扩大|降低|减少|减小|缩短|下降|节省|节约|减轻|降幅|降本|reduction|increase|improvement|savings?)[了约幅度]*$", re.I)
_LESS_IS_BETTER = re.compile(
    r"误差|偏差|公差|损耗|损失|孔隙率|气孔|误码|误报|漏检|漏报|错误|失效率|故障率|缺陷|不良率|次品率|废品率|暗计数|粗糙度|能耗|功耗|电耗|油耗|水耗|耗电|消耗"
    r"|成本|费用|价格|售价|单价|重量|自重|质量$|体积|时延|延迟|延时|时滞|响应时间|充电时间|检测时间|处理时间|建模时间|耗时|用时|时间$|噪声|噪音|振动|排放|杂质|含水|水分|含氧|氧含量"
    r"|硫含量|泄漏|漏率|漏电|漂移|波动|检测限|检出限|定量限|内毒素|残留|残余|残差|磨损|摩擦系数|变形|膨胀系数|翘曲|串扰|抖动|畸变|失真|内阻|接触电阻|导通电阻|插入损耗|雾度|毒性"
    r"|收缩率|衰减|COD|BOD|氨氮|总磷|总氮|PM2\.5|颗粒物|介损|介质损耗|周转|死亡率|发病率|含盐|黄曲霉|重金属|密度$(?<!能量密度)(?<!功率密度)(?<!储氢密度)(?<!电流密度)(?<!磁通密度)"
    r"|\berrors?\b|deviation|tolerance|\bloss|porosity|roughness|consumption|\bcosts?\b|\bprice|weight|\bmass\b|latency|delay|noise|emission|impurit|moisture|\bleak|drift|jitter"
    r"|detection limit|limit of detection|limit of quantification|residual|\bwear\b|friction|dark count|distortion|crosstalk|shrinkage|defect|failure rate|response time|cycle time"
    r"|settling time|footprint|false (?:alarm|positive|negative)|toxicity|attenuation|turnaround",
    re.IGNORECASE,
)
_MORE_IS_BETTER = re.compile(
    r"效率|强度|寿命|准确率|精确率|正确率|召回率|检出率|识别率|特异性|灵敏度|纯度|能量密度|功率密度|储氢密度|带宽|续航|里程|产量|产值|产能|亩产|保真度|良率|良品率|合格率|成品率|回收率|去除率|收率|得率|转化率|选择性"
    r"|透光率|存活率|成活率|国产化率|延伸率|伸长率|韧性|硬度|模量|信噪比|动态范围|帧率|吞吐|算力|容量|增益|分辨率|光效|推力|比冲|导热|热导|电导率|附着力|结合力|稳定时间|无故障|质保|保质期|可用性|覆盖率"
    r"|\bF1|mAP|AUC|accuracy|precision|recall|sensitivity|specificity|efficien|strength|life(?:time)?\b|yield|purity|bandwidth|endurance|throughput|fidelity|hardness|toughness|modulus"
    r"|signal.to.noise|\bSNR\b|gain\b|thrust|conductivity|energy density|power density|\bcapacity|time between failures|uptime|availability|removal|recovery|selectivity|survival|resolution",
    re.IGNORECASE,
)
_TWO_FACED = re.compile(r"精度|准确度|精密度|分辨率|分辨力|灵敏度|稳定[性度]|稳定度|均匀[性度]|一致性|线性度|重复性|平行度|accuracy|precision|resolution|sensitivity|stability|uniformity|repeatability|linearity", re.I)
_PERFORMANCE = frozenset({"", "[ratio]", "[pixels]", "[information]", "[line_pairs] / [length]"})


@lru_cache(maxsize=4096)
def polarity(name: str, unit: str = "", value: float | None = None) -> int:
    """Return 1 where more of a quantity is better, -1 where less is, 0 where that cannot be told from its name.

    Accuracy, resolution, sensitivity and stability have two faces: as a share of hits or a count of pixels more is
    better, as a deviation (0.01 mm, ±2 %, 5 ppm, -110 dBm) less is. A percentage counts as hits from 50 % upward.
    """
    if _CHANGE.search(name):
        return 1
    if _TWO_FACED.search(name):
        known = parse_unit(unit)
        if known is None or known.dimension not in _PERFORMANCE:
            return -1
        share = value * known.factor if value is not None else None
        return -1 if known.dimension in ("", "[ratio]") and share is not None and abs(share) < 0.5 else 1
    if _LESS_IS_BETTER.search(name):
        return -1
    return 1 if _MORE_IS_BETTER.search(name) else 0


def is_change(name: str) -> bool:
    """Tell whether a name speaks of a change (能耗降低, cost reduction), which more of is better."""
    return _CHANGE.search(name) is not None


_SPAN = re.compile(r"范围|区间|量程|可调|温区|工作温度|使用温度|运行温度|环境温度|储存温度|频段|波段|operating|working|\brange|\bband\b|tunable|adjustable", re.IGNORECASE)


def is_span(name: str) -> bool:
    """Tell whether a name speaks of a range to be covered (工作温度, 量程, tuning range), not of one to stay within (粒径)."""
    return _SPAN.search(name) is not None


_DIFFERENCE = re.compile(r"精度|误差|偏差|公差|温差|温升|均匀|波动|稳定|分辨|灵敏|漂移|精密|accuracy|error|deviation|tolerance|difference|rise|uniform|fluctuation|stability|resolution|drift", re.I)


def is_difference(name: str) -> bool:
    """Tell whether values of this name are differences, so that 0.1 ℃ is 0.1 K and not 273.25 K."""
    return _DIFFERENCE.search(name) is not None


# --- endings of names that are quantities even without a word of comparison: 额定电压 10 kV ---------------------------------

QUANTITY_NAME = re.compile(
    r"(?:[率度量力压流速频宽高长深径厚距差比值积重耗噪温数限]|强度|时间|寿命|功率|电压|电流|误差|公差|范围|系数|成本|里程|周期|间隔|载荷|模量|转速|扭矩|损耗|增益|阻抗|电阻|视场|视场角|孔径|焦距|产值|产能|预算|资金"
    r"|投资|价格|费用|投入|利润|收入|资本|期限|剂量|活性|效价|指数|波长|线宽|层厚|光效|韧性|特异性|推力|用量|比冲|提高|提升|降低|减少|下降|缩短|增长|精度|良率|电耗|能耗|功耗|面积|风量)[了约]?$"
    r"|\bpH$|(?<![A-Za-z])(?:SNR|F1|mAP|AUC|COD|BOD|R²|M²)$"
)
