"""The words of demands and claims: what compares, which way is better, what a quantity's name looks like.

Everything here is vocabulary of the field in Chinese and English, with the commonest German and Japanese words, for the reader
(indicators.py) and the comparison of indicators (comparison.py). Lists are parts of regular expressions, parted by two
blanks or a line's end.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from matcher.engine.units import parse_unit


def _any(words: str) -> str:
    return "(?:" + "|".join(re.split(r"\s{2,}|\n\s*", words.strip())) + ")"


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words of comparison. Codes beside those of Indicator: reach (达到, up to: at least, or at most where less is better), better
# (优于, better than), within (控制在: at most, unless 以上 follows), zone (在: only with a range), approx (为, of, is, about: a link
# without a direction).

_NOT = _any("不得  不应  不能  不可  不宜  不会  不允许  不再  不必  不  未  无  勿")
_MORE = _any("大于  高于  超过  多于  超出  长于  晚于  重于  高过  大过")
_LESS = _any("小于  低于  少于  短于  弱于  早于  轻于  亚于  次于  差于  劣于  逊于  小过")
_DOWN_TO = _any("降  减  缩短  压缩  降低  减少  减小  下降  缩小  削减") + "[至到为]"
_UP_TO = _any("提高  提升  增  增加  增大  延长  扩大  增长  上升  升  增强") + "[至到为]"
_EN_MORE = _any("more  greater  higher  larger  longer  bigger  heavier  later  wider  faster")
_EN_LESS = _any("less  lower  smaller  fewer  shorter  lighter  cheaper  slower  earlier")
_EN_NOT = _any("(?:does|do|may|will|can|shall|must|should)(?:n't| not)")

_BEFORE: dict[str, str] = {
    "le": rf"""≤  <=  =<  {_NOT}要?{_MORE}  {_LESS}(?:或者?|并|及|且)?等于  至多  最多  上限(?:值)?[为是]?  {_DOWN_TO}  低至  低到
        \bat (?:the )?most  \b(?:not?|nor?) {_EN_MORE} than  \bnot (?:to )?exceed(?:ing)?  \b{_EN_NOT} exceed
        \b(?:a |the )?max(?:imum|\.)?(?: value)?(?: of)?  \bnot above  \b{_EN_LESS} than or equal to  \blimited to
        \breduced to  \bas (?:low|small|little|short) as  \bdown to  \bhöchstens  \bmaximal""",
    "ge": rf"""≥  >=  =>  {_NOT}要?{_LESS}  {_MORE}(?:或者?|并|及|且)?等于  至少  起码  下限(?:值)?[为是]?  {_UP_TO}
        \bat (?:the )?least  \b(?:not?|nor?) {_EN_LESS} than  \bnot below  \b(?:a |the )?min(?:imum|\.)?(?: value)?(?: of)?
        \b{_EN_MORE} than or equal to  \b(?:increased|raised|improved) to  \bmindestens""",
    "gt": rf"""(?<!-)>  {_MORE}  突破  逾  \b{_EN_MORE} than  \babove  \bover  \bexceed(?:s|ed|ing)?  \bin excess of  \bbeyond
        \bupwards of  \bsurpass(?:es|ed|ing)?  \bmehr als  \büber""",
    "lt": rf"<  {_LESS}  不到  不足  未满  不满  \b{_EN_LESS} than  \bbelow  \bunder  \bweniger als  \bunter",
    "better": r"优于  好于  强于  胜于  \b(?:better|finer) than  \bsuperior to",
    "within": r"(?:控制|限制|限定|保持|维持|稳定|约束|压缩)[在到于]  \bwithin",
    "reach": r"""(?:可|能|能够|最高|最大|预计|均)?(?:达到|达成|达)  高达  多达  长达  [可最]高可?  最[大低小少长短]  \bup to
        \breach(?:es|ed|ing)?  \bas (?:high|long|much|large|fast) as  \bbis zu""",
    "zone": r"在  处于  介于  \bfrom  \bbetween  \bvon  \bzwischen  \bin the range of",
    "approx": r"""[=≈:]  [为是]  约  大约  等于  取  は  が
        \b(?:of|is|are|was|were|be|equals?|equal to|about|approximately|around|roughly|nominally|ist|ranging|ranges)
        ~  \bapprox\.?""",
}
BEFORE = re.compile(
    "(?:" + "|".join(f"(?P<{code}>{_any(words)})" for code, words in _BEFORE.items()) + r")[\s|]*$", re.IGNORECASE
)
SYMBOLS = re.compile(r"[≤≥<>=±|\t]")

_AFTER: dict[str, str] = {
    "ge": r"""(?:及|或|或者|和)?(?:以上|之上)  或更[高大长多]  \+(?![\w/])  oder mehr  \(min(?:imum|\.)?\)  min(?:imum)?\b\.?(?! of)
        ,? (?:or|and) (?:more|higher|greater|above|larger|longer|over|faster|better)\b""",
    "le": r"""(?:及|或|或者|和)?(?:以下|之下)  以内  之内  内(?![径部存外置阻应涵])  或更[低小短少]  oder weniger  \(max(?:imum|\.)?\)
        max(?:imum)?\b\.?(?! of)  ,? (?:or|and) (?:less|lower|below|fewer|smaller|shorter|under)\b""",
    "lt": "未満",
    "approx": "之间  范围内  区间  左右  上下",
}
AFTER = re.compile(
    "[ ]?(?:" + "|".join(f"(?P<{code}>{_any(words)})" for code, words in _AFTER.items()) + ")", re.IGNORECASE
)

# Which way is better.

_CHANGE = re.compile(
    _any(
        """提高  提升  增加  增长  增强  改善  延长  扩大  降低  减少  减小  缩短  下降  节省  节约  减轻  降幅  降本  reduction  increase
        improvement  savings?"""
    )
    + "[了约幅度]*$",
    re.IGNORECASE,
)
_LESS_IS_BETTER = re.compile(
    _any(
        r"""误差  偏差  公差  损耗  损失  孔隙率  气孔  误码  误报  漏检  漏报  错误  失效率  故障率  缺陷  不良率  次品率  废品率  暗计数  粗糙度
        能耗  功耗  电耗  油耗  水耗  耗电  消耗  成本  费用  价格  售价  单价  重量  自重  质量$  体积  时延  延迟  延时  时滞  响应时间
        充电时间  检测时间  处理时间  耗时  用时  时间$  噪声  噪音  振动  排放  杂质  含水  水分  含氧  氧含量  硫含量  泄漏  漏率  漏电
        漂移  波动  检测限  检出限  定量限  内毒素  残留  残余  残差  磨损  摩擦系数  变形  膨胀系数  翘曲  串扰  抖动  畸变  失真  内阻
        接触电阻  导通电阻  插入损耗  雾度  毒性  收缩率  衰减  COD  BOD  氨氮  总磷  总氮  PM2\.5  颗粒物  介损  死亡率  发病率  含盐
        黄曲霉  重金属  (?<![量率氢流通])密度$  \berrors?\b  deviation  tolerance  \bloss  porosity  roughness  consumption
        \bcosts?\b  \bprice  weight  \bmass\b  latency  delay  noise  emission  impurit  moisture  \bleak  drift  jitter
        detection limit  limit of detection  limit of quantification  residual  \bwear\b  friction  dark count  distortion
        crosstalk  shrinkage  defect  failure rate  response time  cycle time  settling time  footprint  turnaround
        false (?:alarm|positive|negative)  toxicity  attenuation  gewicht  fehler  verbrauch  kosten"""
    ),
    re.IGNORECASE,
)
_MORE_IS_BETTER = re.compile(
    _any(
        r"""效率  强度  寿命  准确率  精确率  正确率  召回率  检出率  识别率  特异性  灵敏度  纯度  能量密度  功率密度  储氢密度  带宽  续航
        里程  产量  产值  产能  亩产  保真度  良率  良品率  合格率  成品率  回收率  去除率  收率  得率  转化率  选择性  透光率  存活率  成活率
        国产化率  延伸率  伸长率  韧性  硬度  模量  信噪比  动态范围  帧率  吞吐  算力  容量  增益  分辨率  光效  推力  比冲  导热  热导
        电导率  附着力  结合力  稳定时间  无故障  质保  保质期  可用性  覆盖率  \bF1  mAP  AUC  accuracy  precision  recall
        sensitivity  specificity  efficien  strength  life(?:time)?\b  yield  purity  bandwidth  endurance  throughput
        fidelity  hardness  toughness  modulus  signal.to.noise  \bSNR\b  gain\b  thrust  conductivity  energy density
        power density  \bcapacity  time between failures  uptime  availability  removal  recovery  selectivity  survival
        resolution  festigkeit  lebensdauer"""
    ),
    re.IGNORECASE,
)
_TWO_FACED = re.compile(
    _any(
        """精度  准确度  精密度  分辨率  分辨力  灵敏度  稳定[性度]  均匀[性度]  一致性  线性度  重复性  平行度  accuracy  precision
        resolution  sensitivity  stability  uniformity  repeatability  linearity"""
    ),
    re.IGNORECASE,
)
_PERFORMANCE = frozenset({"", "[ratio]", "[pixels]", "[information]", "[line_pairs] / [length]"})


@lru_cache(maxsize=4096)
def polarity(name: str, unit: str = "", value: float | None = None) -> int:
    """Return 1 where more of a quantity is better, -1 where less is, 0 where that cannot be told from its name.

    Accuracy, resolution, sensitivity and stability have two faces: as a share of hits or a count of pixels more is
    better, as a deviation (0.01 mm, ±2 %, 5 ppm, -110 dBm) less is. A share counts as one of hits from one half upward.
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


_SPAN = re.compile(
    _any(
        r"""范围  区间  量程  可调  温区  工作温度  使用温度  运行温度  环境温度  储存温度  频段  波段  operating  working  \brange  \bband\b
        tunable  adjustable"""
    ),
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def is_span(name: str) -> bool:
    """Tell whether a name speaks of a range to be covered (工作温度, 量程, tuning range), not of one to stay within (粒径)."""
    return _SPAN.search(name) is not None


_DIFFERENCE = re.compile(
    _any(
        """精度  误差  偏差  公差  温差  温升  均匀  波动  稳定  分辨  灵敏  漂移  精密  accuracy  error  deviation  tolerance  difference
        rise  uniform  fluctuation  stability  resolution  drift"""
    ),
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def is_difference(name: str) -> bool:
    """Tell whether values of this name are differences, so that 0.1 ℃ is 0.1 K and not 273.25 K."""
    return _DIFFERENCE.search(name) is not None


# What the name of a quantity looks like.

_CHINESE_QUANTITY = re.compile(
    _any(
        r"""[率度量程力压流速频宽深径厚距差比值积重耗噪温数限期产损]  (?<![较更最提偏])高  (?<![增成最])长  强度  时间  寿命  功率  电压  电流  误差
        公差  范围  系数  成本  里程  周期  间隔  载荷  模量  转速  扭矩  增益  阻抗  电阻  视场角?  孔径  焦距  产值  产能  预算  资金  投资
        价格  费用  投入  利润  收入  资本  剂量  活性  效价  指数  波长  光效  韧性  特异性  选择性  稳定性  均匀性  一致性  线性  用量
        比冲  提高  提升  降低  减少  下降  缩短  增长  电耗  面积  风量  时延  延迟  噪声  噪音  水分  杂质  首效  分布"""
    )
    + "[了约]?$"
)
_ENGLISH_HEADS = _words(
    """accuracy altitude amplitude angle aperture area attenuation availability bandwidth beamwidth brightness budget
    capacitance capacity charge coefficient concentration conductivity consumption content conversion cost costs count
    coverage current delay density depth deviation diameter dimension dimensions displacement distance drift duration
    duty efficacy efficiency efficiencies elongation emission emissions emissivity endurance energy energies error
    errors expansion factor fatigue fidelity flow flux force frequency frequencies friction gain hardness height
    humidity impedance increase inductance intensity intensities jitter lag latency latencies leakage length level
    levels life lifetime limit limits linearity load loss losses luminance mass modulus moisture momentum noise number
    operation output overhead payload penetration percentage period permittivity pitch porosity power precision
    pressure price probability purity quality radius range ranges rate rates ratio recall reduction reflectivity
    reliability removal repeatability resistance resistivity resolution response revenue roughness score selectivity
    sensitivity separation share shrinkage size skew slope span specificity speed speeds spacing stability stiffness
    strain strength strengths stress survival temperature temperatures tension thickness throughput thrust time times
    titer tolerance torque toughness transmission transmittance turnaround uniformity uptime vacuum velocity
    velocities viscosity voltage voltages volume wavelength wavelengths wear weight width yield yields improvement
    saving savings failures permeability porosities recovery rejection suppression isolation leak aperture sampling
    reach angles heights depths widths lengths diameters ph snr ber mtbf auc map f1 cod bod psnr ssim rmse mae fov cri
    gewicht lebensdauer auflösung genauigkeit leistung spannung druck dicke länge breite höhe dauer kosten view"""
)
_HEAD_ENDING = re.compile(
    r"(?:ivity|ability|bility|metre|width|length|strength|rate|temperature|festigkeit|dichte|leistung|temperatur|zeit|dauer"
    r"|genauigkeit|frequenz|grad|verbrauch|kosten|geschwindigkeit|gewicht|härte|porosität|druck|kraft|fehler|rauheit"
    r"|effizienz|faktor|drift|breite|länge|dicke|spannung|abweichung|rate)$"
)
_ACRONYM = re.compile(r"[A-Z][A-Za-z]{0,2}[A-Z0-9][A-Za-z0-9-]{0,4}$")


@lru_cache(maxsize=4096)
def is_quantity(name: str) -> bool:
    """Tell whether a name looks like that of a quantity: it ends in a noun of measure (孔隙率, insertion loss, 引張強度)."""
    if not name.isascii() and _CHINESE_QUANTITY.search(name):
        return True
    if re.fullmatch(r"(?:pH|SNR|F1|mAP|AUC|COD|BOD|R²|M²)值?", name):
        return True
    words = name.lower().replace("-", " ").split()
    heads = words[-1:] + [before for before, joint in pairwise(words) if joint in ("of", "between", "at")]
    return any(head in _ENGLISH_HEADS or _HEAD_ENDING.search(head) for head in heads)


def is_symbol(name: str) -> bool:
    """Tell whether a name is an acronym such as MTBF, COD or NESZ."""
    return _ACRONYM.fullmatch(name) is not None


STATISTIC = re.compile(r"[Pp](?: ?值| ?-?values?)?(?: ?均)?$")  # P < 0.05 is a test of significance, not a quality
