"""The units of the field and all the ways they are written, as rows of data.

A row is (name, definition, prefixes, symbols, Chinese, English). `definition` is in the language of pint; one in square
brackets makes a dimension of its own, comparable with nothing else. `prefixes` are the letters of PREFIXES that may stand before the
symbols and Chinese words. Counting words share one dimension: a list says 3 件, 3 项 or 3 个 for the same thing.
"""

from __future__ import annotations

from typing import NamedTuple


class Prefix(NamedTuple):
    """Hold a decimal prefix with its symbols, Chinese and English words."""

    factor: str
    symbols: tuple[str, ...]
    chinese: str
    english: str


class Row(NamedTuple):
    """Hold one unit; the three last fields are spellings separated by blanks."""

    name: str
    definition: str
    prefixes: str
    symbols: str
    chinese: str = ""
    english: str = ""


PREFIXES: dict[str, Prefix] = {
    "f": Prefix("1e-15", ("f",), "飞", "femto"),
    "p": Prefix("1e-12", ("p",), "皮", "pico"),
    "n": Prefix("1e-9", ("n",), "纳", "nano"),
    "u": Prefix("1e-6", ("µ", "μ", "u"), "微", "micro"),
    "m": Prefix("1e-3", ("m",), "毫", "milli"),
    "c": Prefix("1e-2", ("c",), "厘", "centi"),
    "d": Prefix("1e-1", ("d",), "分", "deci"),
    "h": Prefix("1e2", ("h",), "百", "hecto"),
    "k": Prefix("1e3", ("k", "K"), "千", "kilo"),
    "M": Prefix("1e6", ("M",), "兆", "mega"),
    "G": Prefix("1e9", ("G",), "吉", "giga"),
    "T": Prefix("1e12", ("T",), "太", "tera"),
    "P": Prefix("1e15", ("P",), "拍", "peta"),
}

UNITS: tuple[Row, ...] = (
    # mechanics
    Row("meter", "[length]", "fpnumcdk", "m", "米", "metre metres meter meters"),
    Row("micron", "1e-6 meter", "", "", "微米级", "micron microns"),
    Row("angstrom", "1e-10 meter", "", "Å", "埃", "angstrom angstroms"),
    Row("kilometer_zh", "1000 meter", "", "", "公里"),
    Row("centimeter_zh", "0.01 meter", "", "", "公分"),
    Row("inch", "0.0254 meter", "", "inch", "英寸", "inches"),
    Row("foot", "0.3048 meter", "", "ft", "英尺", "foot feet"),
    Row("mile", "1609.344 meter", "", "mi", "英里", "mile miles"),
    Row("nautical_mile", "1852 meter", "", "nmi", "海里", "nautical§mile nautical§miles"),
    Row("square_meter", "meter ** 2", "", "㎡ sqm"),
    Row("cubic_meter", "meter ** 3", "", "㎥"),
    Row("millimeter_sign", "1e-3 meter", "", "㎜"),
    Row("kilogram_sign", "1000 gram", "", "㎏"),
    Row("hectare", "1e4 meter ** 2", "", "ha", "公顷", "hectare hectares"),
    Row("mu", "2000 / 3 * meter ** 2", "", "", "亩"),
    Row("liter", "1e-3 meter ** 3", "numcd", "L l", "升", "litre litres liter liters"),
    Row("normal_cubic_meter", "[normal_volume]", "", "Nm³ Nm3", "标方 标准立方米 标立方米"),
    Row("gallon", "3.785411784e-3 meter ** 3", "", "gal", "加仑", "gallon gallons"),
    Row("gram", "[mass]", "fpnumk", "g", "克", "gram grams"),
    Row("kilogram_zh", "1000 gram", "", "KG Kg kgs", "公斤"),
    Row("tonne", "1e6 gram", "kM", "t", "吨", "tonne tonnes ton tons"),
    Row("wan_tonne", "1e10 gram", "", "", "万吨"),
    Row("yi_tonne", "1e14 gram", "", "", "亿吨"),
    Row("jin", "500 gram", "", "", "斤"),
    Row("pound", "453.59237 gram", "", "lb lbs", "磅", "pound pounds"),
    Row("ounce", "28.349523125 gram", "", "oz", "盎司", "ounce ounces"),
    Row("dalton", "[molar_weight]", "kM", "Da", "道尔顿", "dalton daltons"),
    Row("coal_equivalent", "[coal_equivalent]", "", "kgce", "千克标煤 千克标准煤 公斤标煤"),
    Row("tonne_coal_equivalent", "1000 coal_equivalent", "", "tce", "吨标煤 吨标准煤"),
    Row("second", "[time]", "fpnum", "s sec secs", "秒 秒钟", "second seconds"),
    Row("minute", "60 second", "", "min mins", "分钟", "minute minutes"),
    Row("hour", "3600 second", "", "h hr hrs", "小时 个小时", "hour hours"),
    Row("day", "86400 second", "", "d", "天 日", "day days Tage Tagen"),
    Row("week", "7 day", "", "wk", "周 星期", "week weeks"),
    Row("year", "365.25 day", "", "yr yrs", "年", "year years annum"),
    Row("month", "year / 12", "", "", "月 个月", "month months"),
    Row("hertz", "cycle / second", "umkMGT", "Hz hz HZ", "赫兹 赫", "hertz"),
    Row("newton", "1000 gram * meter / second ** 2", "numkM", "N", "牛 牛顿", "newton newtons"),
    Row("kilogram_force", "9.80665 newton", "", "kgf", "公斤力 千克力"),
    Row("pascal", "newton / meter ** 2", "umhkMG", "Pa pa", "帕 帕斯卡", "pascal pascals"),
    Row("megapascal_sloppy", "1e6 pascal", "", "MPA mpa", ""),
    Row("bar", "1e5 pascal", "mk", "bar", "巴", "bars"),
    Row("atmosphere", "101325 pascal", "", "atm", "大气压 个大气压"),
    Row("torr", "133.322368421 pascal", "m", "Torr torr mmHg", "托 毫米汞柱"),
    Row("psi", "6894.757293168 pascal", "k", "psi", ""),
    Row("joule", "newton * meter", "numkMGT", "J", "焦 焦耳", "joule joules"),
    Row("calorie", "4.184 joule", "k", "cal", "卡 大卡", "calorie calories"),
    Row("watt", "joule / second", "pnumkMGT", "W w", "瓦 瓦特", "watt watts"),
    Row("horsepower", "735.49875 watt", "", "hp", "马力", "horsepower"),
    Row("watt_hour", "3600 joule", "mkMGT", "Wh wh", "瓦时 瓦小时"),
    Row("electricity_degree", "[degree_word]", "", "", "度"),  # kWh, angle or ℃: only equal words compare
    Row("electron_volt", "1.602176634e-19 joule", "mkMGT", "eV ev", "电子伏 电子伏特"),
    Row("centipoise", "1e-3 pascal * second", "", "cP cps", "厘泊"),
    Row("centistokes", "1e-6 meter ** 2 / second", "", "cSt", "厘斯"),
    Row("knot", "1852 / 3600 * meter / second", "", "kn kt kts", "节", "knot knots"),
    Row("mph", "mile / hour", "", "mph", ""),
    Row("kilometer_per_hour", "1000 meter / hour", "", "kph kmh", "公里时速"),
    Row("mach", "[mach]", "", "Ma", "马赫", "mach"),
    Row("gee", "9.80665 meter / second ** 2", "m", "gn", ""),
    Row("tex", "1e-3 gram / meter", "d", "tex", "特克斯"),
    Row("denier", "1 / 9000 * gram / meter", "", "", "旦", "denier"),
    Row("mesh", "[mesh]", "", "", "目", "mesh"),
    # angle and rotation: an angle is no plain number, or 5° would compare with 5 %
    Row("radian", "[angle]", "num", "rad", "弧度", "radian radians"),
    Row("arc_degree", "3.141592653589793 / 180 * radian", "", "° deg", "角度", "degree degrees"),
    Row("arc_minute", "arc_degree / 60", "", "′ arcmin", "角分"),
    Row("arc_second", "arc_degree / 3600", "m", "″ arcsec", "角秒"),
    Row("steradian", "[solid_angle]", "", "sr", "球面度"),
    Row("revolution", "2 * 3.141592653589793 * radian", "", "r rev", "转", "revolution revolutions"),
    Row("rpm", "revolution / minute", "k", "rpm RPM", ""),
    # heat; a difference of temperatures is told from a temperature by the reader of the quantity
    Row("kelvin", "[temperature]", "num", "K", "开 开尔文", "kelvin kelvins"),
    Row("celsius", "kelvin; offset: 273.15", "m", "℃ °C ºC degC", "摄氏度 度C", "degree§Celsius degrees§Celsius"),
    Row("fahrenheit", "5 / 9 * kelvin; offset: 255.37222222222223", "", "℉ °F degF", "华氏度", "degrees§Fahrenheit"),
    # electricity and magnetism
    Row("ampere", "[current]", "fpnumk", "A", "安 安培", "ampere amperes amp amps"),
    Row("ampere_hour", "3600 ampere * second", "umk", "Ah", "安时 安培时"),
    Row("coulomb", "ampere * second", "fpnumk", "Cb", "库 库仑", "coulomb coulombs"),
    Row("picocoulomb", "1e-12 coulomb", "", "pC", ""),
    Row("nanocoulomb", "1e-9 coulomb", "", "nC", ""),
    Row("charge_rate", "[charge_rate]", "", "C", ""),
    Row("volt", "watt / ampere", "pnumkM", "V v Vrms Vpp", "伏 伏特", "volt volts"),
    Row("ohm", "volt / ampere", "numkMGT", "Ω Ω ohm", "欧 欧姆", "ohms"),
    Row("siemens", "ampere / volt", "numk", "S", "西 西门子"),
    Row("farad", "ampere * second / volt", "fpnum", "F", "法 法拉"),
    Row("henry", "volt * second / ampere", "pnum", "H", "亨 亨利"),
    Row("tesla", "volt * second / meter ** 2", "fpnum", "T", "特 特斯拉", "tesla"),
    Row("gauss", "1e-4 tesla", "mk", "Gs Gauss", "高斯", "gauss"),
    Row("oersted", "79.57747154594767 * ampere / meter", "k", "Oe", "奥斯特"),
    Row("volt_ampere", "watt", "kM", "VA", "伏安"),
    Row("var", "[reactive_power]", "kM", "var Var", "乏"),
    # levels: logarithmic, so each keeps to itself
    Row("decibel", "[level]", "", "dB db DB", "分贝", "decibel decibels"),
    Row("decibel_a", "[sound_level]", "", "dB(A) dBA", "分贝(A)"),
    Row("decibel_milliwatt", "[power_level]", "", "dBm", "毫瓦分贝"),
    Row("decibel_carrier", "[carrier_level]", "", "dBc", ""),
    Row("decibel_isotropic", "[antenna_gain]", "", "dBi", ""),
    Row("decibel_watt", "[power_level_watt]", "", "dBW", ""),
    Row("ph", "[acidity]", "", "pH", ""),
    # light and radiation
    Row("candela", "[luminosity]", "m", "cd", "坎德拉 坎"),
    Row("lumen", "candela * steradian", "k", "lm", "流明", "lumen lumens"),
    Row("lux", "lumen / meter ** 2", "km", "lx", "勒克斯", "lux"),
    Row("nit", "candela / meter ** 2", "", "nit nits", "尼特"),
    Row("becquerel", "[decay_rate]", "mkMGTP", "Bq", "贝克 贝可"),
    Row("curie", "3.7e10 becquerel", "numk", "Ci", "居里"),
    Row("gray", "[absorbed_dose]", "umck", "Gy", "戈瑞 戈"),
    Row("sievert", "[equivalent_dose]", "num", "Sv", "希沃特 西弗"),
    # chemistry and life sciences
    Row("mole", "[substance]", "pnumk", "mol", "摩尔 摩", "mole moles"),
    Row("molar", "1000 mole / meter ** 3", "", "", "", "molar"),
    Row("millimolar", "mole / meter ** 3", "", "mM", ""),
    Row("micromolar", "1e-3 mole / meter ** 3", "", "µM μM uM", ""),
    Row("nanomolar", "1e-6 mole / meter ** 3", "", "nM", ""),
    Row("colony_forming_unit", "[colonies]", "", "CFU cfu", "菌落形成单位"),
    Row("plaque_forming_unit", "[plaques]", "", "PFU pfu", ""),
    Row("enzyme_unit", "[enzyme_activity]", "mk", "U", "酶活单位"),
    Row("international_unit", "[international_units]", "m", "IU", "国际单位"),
    Row("endotoxin_unit", "[endotoxin]", "", "EU", "内毒素单位"),
    Row("copy", "[copies]", "", "copy copies", "拷贝"),
    Row("cell", "[cells]", "", "cells", "细胞 个细胞"),
    Row("base_pair", "[base_pairs]", "kM", "bp", "碱基对"),
    # information
    Row("bit", "[information]", "kMGT", "bit bits b", "比特 位", "bit bits"),
    Row("byte", "8 bit", "kMGTP", "B", "字节", "byte bytes"),
    Row("kibibyte", "8192 bit", "", "KiB", ""),
    Row("mebibyte", "8388608 bit", "", "MiB", ""),
    Row("gibibyte", "8589934592 bit", "", "GiB", ""),
    Row("bit_per_second", "bit / second", "kMGT", "bps", "比特率"),
    Row("baud", "[symbol_rate]", "kMG", "Bd baud", "波特"),
    Row("frame", "[frames]", "", "frame frames", "帧"),
    Row("frame_per_second", "frame / second", "k", "fps FPS", ""),
    Row("pixel", "[pixels]", "", "px pixel pixels", "像素"),
    Row("wan_pixel", "1e4 pixel", "", "", "万像素"),
    Row("megapixel", "1e6 pixel", "", "MP", "百万像素", "megapixel megapixels"),
    Row("operation_per_second", "[operation_rate]", "GTP", "OPS", ""),
    Row("floating_operation_per_second", "[floating_operation_rate]", "MGTP", "FLOPS FLOPs Flops", ""),
    Row("query_per_second", "[query_rate]", "", "QPS qps", ""),
    Row("transaction_per_second", "[transaction_rate]", "", "TPS tps", ""),
    Row("io_per_second", "[io_rate]", "", "IOPS", ""),
    Row("qubit", "[qubits]", "", "qubit qubits", "量子比特 个量子比特"),
    Row("line_pair", "[line_pairs]", "", "lp", "线对"),
    # hardness and grades
    Row("rockwell_c", "[rockwell_c]", "", "HRC", "洛氏硬度"),
    Row("rockwell_a", "[rockwell_a]", "", "HRA", ""),
    Row("rockwell_b", "[rockwell_b]", "", "HRB", ""),
    Row("vickers", "[vickers]", "", "HV HV0.1 HV0.2 HV0.3 HV0.5 HV1 HV5 HV10", "维氏硬度"),
    Row("brinell", "[brinell]", "", "HB HBW HBS", "布氏硬度"),
    Row("shore_a", "[shore_a]", "", "ShoreA HA", "邵氏A 邵A"),
    Row("shore_d", "[shore_d]", "", "ShoreD HD", "邵氏D 邵D"),
    Row("grade", "[grade]", "", "", "级"),
    # plain numbers, counts and shares
    Row("ratio", "[ratio]", "", "", "倍", "times"),
    Row("percent", "1e-2 ratio", "", "% wt% vol% at% mol% wt.% vol.% at.% %RH pct", "个百分点 百分点", "percent"),
    Row("per_cent_en", "1e-2 ratio", "", "", "", "per§cent"),
    Row("permille", "1e-3 ratio", "", "‰", ""),
    Row("permyriad", "1e-4 ratio", "", "‱", ""),
    Row("part_per_million", "1e-6 ratio", "", "ppm PPM ppmv ppmw", ""),
    Row("part_per_billion", "1e-9 ratio", "", "ppb PPB ppbv", ""),
    Row("part_per_trillion", "1e-12 ratio", "", "ppt", ""),
    Row("cycle", "[cycles]", "", "cyc", "次 周次 循环 次循环 个循环", "cycle cycles"),
    Row(
        "count",
        "[count]",
        "",
        "pcs",
        "个 件 台 套 只 项 条 辆 架 根 片 颗 种 路 点 株 通道 个通道 台套",
        "channel channels pieces units",
    ),
    Row("person", "[persons]", "", "", "人 名 人次", "person persons people"),
    Row("user", "[users]", "", "", "用户 个用户", "user users"),
    # money: no exchange rates, so currencies keep to themselves
    Row("yuan", "[currency]", "k", "CNY RMB ¥ ￥", "元 元人民币", "yuan"),
    Row("wan_yuan", "1e4 yuan", "", "", "万元 万元人民币 万人民币"),
    Row("million_yuan", "1e6 yuan", "", "", "百万元"),
    Row("yi_yuan", "1e8 yuan", "", "", "亿元 亿元人民币"),
    Row("dollar", "[dollar]", "k", "$ USD", "美元", "dollar dollars"),
    Row("wan_dollar", "1e4 dollar", "", "", "万美元"),
    Row("euro", "[euro]", "k", "€ EUR", "欧元", "euro euros"),
    Row("wan_euro", "1e4 euro", "", "", "万欧元"),
    Row("sterling", "[sterling]", "", "£ GBP", "英镑"),
    Row("yen", "[yen]", "", "JPY", "日元"),
)

# Spellings of whole units that the grammar of factors would read otherwise, or not at all.
WHOLE: dict[str, str] = {
    "W/mK": "watt / meter / kelvin",
    "W/m-K": "watt / meter / kelvin",
    "J/kgK": "joule / kilogram / kelvin",
    "dBc/Hz": "decibel_carrier / hertz",
    "转/分": "rpm",
    "r/min": "rpm",
    "rev/min": "rpm",
    "Nm": "newton * meter",
    "kNm": "1000 * newton * meter",
    "次/分": "cycle / minute",
    "件/分": "count / minute",
    "升/分": "liter / minute",
    "米/分": "meter / minute",
}

# Symbols that are units only inside a product or quotient: alone they are articles, counts or names (n/cm², t/a, mg/l).
COMPOUND_ONLY: dict[str, str] = {"n": "count", "分": "minute", "a": "year", "l": "liter", "r": "revolution"}

# Sloppy symbols that are read with a prefix only (kw, kv, kpa); alone they are letters of the text.
PREFIXED_ONLY: frozenset[str] = frozenset({"r", "w", "v", "l", "pa", "b", "hz"})
