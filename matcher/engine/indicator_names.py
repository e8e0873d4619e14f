"""Takes the name of a quantity out of the words beside it, Chinese and English.

A name is the noun phrase nearest to the figure: without verbs, modals, adverbs and conditions, without what stands
before the last 的. All functions work on folded text (quantities.fold) and look at a bounded window.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from matcher.engine.indicator_words import is_quantity
from matcher.engine.units import parse_unit


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WINDOW = 64
_LONGEST_CHINESE = 24
_HAN = "\u3400-\u9fff\u3040-\u30ff"

# Endings that are not part of a name: modals, adverbs, links. The looks behind keep 效应, 性能, 雷达, 平均, 存在.
_TAIL = re.compile(
    r"(?:应该|应当|应能|(?<![响效反感适])应|需要|必须|须|(?<!必)需|要求|可以|(?<![认许])可|能够|(?<![性动储产节热电功智势效])能"
    r"|(?<!平)均|都|分别|也|则|已经|已|目前|现有|实测|一般|通常|平均|大?约|仅|只|为|是|(?<!存)在|于|做到|实现|达到|(?<!雷)达|控制"
    r"|保持|维持|稳定|限制|不得|(?<![获所])得|就|还|要|的|了|は|が|将|最终|预期|[:=|\s\"“”*·-])$"
)
_HEAD = re.compile(
    r"(?:且|并且|并(?![发联行网])|而|但|其中|其(?![间他它余])|该|本|此|要求|需要|需(?![求氧])|应(?![力变用答急])|能够|能(?![量耗见效源谱级])"
    r"|使得|使(?!用)|将|令|实现|达到|确保|保证|保障|具有|具备|满足|提供|支持|同时|以及|及其|及|和|与|或|把|在(?![线轨位])|力争|争取|预计|预期"
    r"|最终|目前|现有|实测|对(?![比称准])|经|每小时|每天|每年|每日|单机|总体|一种|面向|所得|所测|间(?![隔距接])|近[一二三四五六七八九十两]+年|[.)\]、·*\-\s#\"“”])+"
)
_CUT = re.compile(
    r".*(?:要求|实现|达到|确保|保证|使得|具有|具备|满足|提供|条件下|情况下|环境下|工况下|(?<![水地井线天上月])(?<!以)下(?![限降行垂沉料])|(?<=[a-zA-Z%℃])时(?![间延域滞])|以后|之后"
    r"|(?<!前)后(?![处伸续端效备])|以及|及其|(?<![饱中总])和(?!谐)|(?<!参)与(?!否)|(?<!普)及|开发|研制|形成|建成|获得|[于以](?:国产|进口))"
)
_CHANGED_FROM = re.compile(r"[由从自][^由从自]{0,6}[一二三四五六七八九十百千两\d][^由从自]{0,6}$")
_BOUNDARY = re.compile(rf"[，。；;、！!？?\n\t|,()【】《》\[\]{{}}…]|:(?!$)|(?<=[{_HAN}])\s+(?=[{_HAN}])")
_BRACKET = re.compile(r"\s*\(([^()\n]{1,16})\)\s*$")
_STROKE_UNIT = re.compile(r"\s?[/,]\s?([^\s/,，、()]{1,10}(?:/[^\s/,，()]{1,6})?)\s*$")
_SIBLINGS = re.compile(r"[、]|(?<![饱中总])和|(?<!参)与|以?及")
_SHARED = re.compile(r"(?:(?<!平)均|都|分别)(?:应|需|须|要|可|能)?$")
_ONLY_CHANGE = re.compile(
    r"(?:平均|显著|明显|比|较|可|提高|提升|增加|增长|降低|减少|减小|缩短|下降|延长|改善|扩大|了|约)+"
)

_EN_STOP = _words(
    """a an the and or but to for with without by at in on as that which whose this these those its their our it we you
    is are was were be been being has have had having shall must should will would can could may might not do does
    achieve achieves achieved achieving provide provides providing require requires required requiring need needs reach
    reaches reached reaching exhibit exhibits exhibiting show shows showing offer offers deliver delivers support
    supports operate operates using use uses demonstrate demonstrates maintain maintains ensure ensures than
    from between ranging ranges of about approximately only also while where when if then so up least most more less
    over under above below into per via within improves improve increases reduces reduce lowers lower keep keeps target
    targets value values mit und der die das ein eine von ist bei demonstrated measured obtained both each any all e.g
    i.e including includes there across through during under desired typical currently"""
)
_EN_TAIL = re.compile(
    r"(?:(?:^|(?<=[\s,(]))(?:of|is|are|was|were|be|been|being|shall|must|should|will|can|may|has|have|to|a|an|the|with|at|in"
    r"|by|as|that|which|and|value|values|required|achieves?|achieving|reach(?:es|ing)?|from|ranging|ranges|between"
    r"|currently|typically|only|von|ist)|[:=\s|*\"-])$",
    re.IGNORECASE,
)
_EN_WORD = re.compile(r"[A-Za-zÄÖÜäöüßµ](?:[\w.'/²-]*[\w²])?$")
_OF_HEADS = _words(
    """coefficient limit depth rate degree number level field center modulus loss mean time angle speed point factor
    power density ease range amount concentration width length height duration percentage share ratio figure quality
    area volume temperature frequency probability cost"""
)
_EXTREME = re.compile(r"(min(?:imum|\.)?|max(?:imum|\.)?) +", re.IGNORECASE)
_CHANGE_BY = re.compile(
    r"\b(reduc|decreas|lower|cut|sav|increas|improv|rais|boost|enhanc)\w*\s+((?:[A-Za-z][\w-]*\s+){1,4})$",
    re.IGNORECASE,
)
_CHANGE_NOUNS = dict.fromkeys(("increas", "rais", "boost"), "increase") | dict.fromkeys(
    ("improv", "enhanc"), "improvement"
)
_VERBS = {"weigh": "weight", "weighs": "weight", "weighing": "weight", "costs": "cost", "costing": "cost"}
_RIGHT_CHINESE = re.compile(rf" ?的([{_HAN}A-Za-z0-9]{{2,14}})")
_RIGHT_ENGLISH = re.compile(r"[ ]((?:[A-Za-z][\w-]*[ ]?){1,4})")


@dataclass(frozen=True, slots=True)
class Name:
    """Hold a name with its place, a unit that stands beside it (抗拉强度/MPa), and what else it said.

    `extreme` is ge or le for a minimum or maximum in front of an English name; `siblings` are the names before it in a
    list that shares the figure (抗拉强度、屈服强度均…), `shared` the word that shares it.
    """

    text: str
    start: int
    end: int
    unit: str = ""
    extreme: str = ""
    siblings: tuple[str, ...] = ()
    shared: str = ""


def name_before(text: str, limit: int, end: int) -> Name | None:
    """Return the name that ends before `end`, words of comparison already taken off; nothing before `limit` is read."""
    floor = max(limit, end - _WINDOW)
    stem, unit, shared = _stem(text, floor, end)
    if stem <= floor:
        return None
    last = text[stem - 1]
    if last.isascii() or last in "ÄÖÜäöüßµ²":
        english = _english(text, floor, stem, unit)
        if english is not None and not _is_han(text[english.start - 1 : english.start]):
            return english
        if not any(_is_han(character) for character in text[floor:stem]):
            return None
    return _chinese(text, floor, stem, unit, shared)


def name_after(text: str, end: int) -> Name | None:
    """Return the name of a quantity that follows its figure: 95% 以上的国产化率, at least 95% accuracy."""
    chinese = _RIGHT_CHINESE.match(text, end)
    english = None if chinese else _RIGHT_ENGLISH.match(text, end)
    if chinese:
        start, name = chinese.start(1), re.split(r"[和与及并或且]|以上|以下", chinese[1], maxsplit=1)[0]
    elif english:
        start, words = english.start(1), []
        for word in english[1].split():
            if word.lower() in _EN_STOP:
                break
            words.append(word)
        name = " ".join(words)
    else:
        return None
    return Name(name, start, start + len(name)) if is_quantity(name) else None


def _stem(text: str, floor: int, end: int) -> tuple[int, str, str]:
    """Take links, modals and a unit in brackets off the end: the end of what is left, the unit, the sharing word."""
    unit, shared = "", ""
    while end > floor:
        window = text[floor:end]
        bracket = _BRACKET.search(window) if window[-1] in ") " else None
        if bracket:
            unit = unit or (bracket[1] if parse_unit(bracket[1]) else "")
            end = floor + bracket.start()
            continue
        stroke = _STROKE_UNIT.search(window, max(0, len(window) - 20)) if not unit else None
        if stroke and parse_unit(stroke[1]):
            unit, end = stroke[1], floor + stroke.start()
            continue
        found = _SHARED.search(window, max(0, len(window) - 3))
        shared = shared or (found[0] if found else "")
        tail = _TAIL.search(window, max(0, len(window) - 4)) or _EN_TAIL.search(window, max(0, len(window) - 12))
        if tail is None:
            break
        end = floor + tail.start()
    return end, unit, "分别" if shared.startswith("分别") else shared[:1]


def _chinese(text: str, floor: int, end: int, unit: str, shared: str) -> Name | None:
    """Cut the phrase before `end` at punctuation, verbs, conditions and 的."""
    window = text[floor:end]
    start = max((found.end() for found in _BOUNDARY.finditer(window)), default=0)
    siblings = _siblings(window) if shared else ()
    cut = _CUT.match(window[start:])
    if cut and len(window) - start - cut.end() >= 2:
        start += cut.end()
    of = window.rfind("的", start, len(window) - 2)
    if of >= 0:
        start = of + 1
    head = _HEAD.match(window, start)
    if head:
        start = head.end()
    name = window[start:].strip()
    begin = end - len(window[start:].lstrip())
    changed = _CHANGED_FROM.search(name)
    if changed and changed.start() > 1:
        name = name[: changed.start()]
    stop = begin + len(name)
    name = name.replace("分别", "")
    if not _is_name(name) or _ONLY_CHANGE.fullmatch(name):
        return None
    return Name(name, begin, stop, unit, siblings=siblings, shared=shared)


def _siblings(window: str) -> tuple[str, ...]:
    """Return the names before the last one in a list like 抗拉强度、屈服强度."""
    clause = re.split(r"[，,。；;！!？?\n\t|:]", window)[-1]
    *earlier, last = _SIBLINGS.split(clause)
    if "的" in last:  # 甲、乙、丙的产量: a list of things, not of quantities
        return ()
    names = [_HEAD.sub("", part, count=1).rsplit("的", 1)[-1].strip() for part in earlier]
    return tuple(name for name in names if _is_name(name))


def _english(text: str, floor: int, end: int, unit: str) -> Name | None:
    """Walk back over up to six words to the nearest word that belongs to no noun phrase."""
    if text[end : end + 4].strip() == "by":
        change = _CHANGE_BY.search(text[floor:end] + " ")
        return _change(change, floor, end, unit) if change else None
    position, start = end, end
    for _ in range(6):
        before = text[floor:position].rstrip(" ")
        found = _EN_WORD.search(before)
        if found is None:
            break
        word = found[0].lower()
        if word in _EN_STOP and not _joins(word, before[: found.start()]):
            break
        position = floor + found.start()
        start = position if word not in _EN_STOP else start
        if position and text[position - 1] not in " \u2019-":
            break
    name = text[start:end].strip()
    extreme = _EXTREME.match(name)
    if extreme:
        start, name = start + extreme.end(), name[extreme.end() :]
    name = _VERBS.get(name.lower(), name)
    if not re.search(r"[A-Za-z]{2}|^[A-Z]$", name):
        return None
    code = "" if extreme is None else "ge" if extreme[1].lower().startswith("min") else "le"
    return Name(name, start, end, unit, extreme=code)


def _joins(word: str, before: str) -> bool:
    """Tell whether a stop word stands inside a name: coefficient of friction, mean time between failures."""
    earlier = before.split()[-1:] or [""]
    head = earlier[0].lower()
    return (
        (word in ("of", "in") and head in _OF_HEADS)
        or (word == "between" and head == "time")
        or (word == "to" and head in ("signal", "peak", "power"))
    )


def _change(found: re.Match[str], floor: int, end: int, unit: str) -> Name:
    """Return "energy consumption reduction" for "reduces energy consumption by"."""
    words = [word for word in found[2].split() if word.lower() not in ("the", "a", "an", "its", "their")]
    noun = _CHANGE_NOUNS.get(found[1].lower(), "reduction")
    return Name(" ".join([*words, noun]), floor + found.start(), end, unit)


def _is_name(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_CHINESE and any(c.isalpha() for c in name) and (len(name) > 1 or name.isascii())


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"
