"""Tells the language of a text from its script, and for Latin script from its commonest words."""

from __future__ import annotations

import re

_SAMPLE = 4000  # characters; a language does not show later than that
_SCRIPTS = {
    "han": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]"),
    "kana": re.compile(r"[\u3041-\u3096\u30a1-\u30fa]"),
    "ko": re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "latin": re.compile(r"[A-Za-z\u00c0-\u024f]"),
}
_LATIN_LETTERS_A_SIGN = 3  # a Chinese character says about as much as three letters
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]{2,}")
_COMMON = {
    "en": "the of and to in is for with that by are on an as from this be we which at or it can has have",
    "de": "der die das und von zur zum mit für ist den dem des ein eine einer im auf wird durch nicht sich auch bei aus werden",
    "fr": "le la les des et une est pour dans que qui par sur avec du au aux ce cette sont pas ou",
    "es": "el los las del una es para con por que se su al como más entre sobre este esta y",
    "it": "il lo gli della delle di una è per con che si del nel sono dei alla da",
    "pt": "os as da do das dos uma é para com por que se na no em ao pela pelo",
}
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}
_FEWEST_WORDS = 3


def detect(text: str) -> str:
    """Return zh, ja, ko, ru, ar, en, de, fr, es, it or pt; "" where a text does not say, as "5G" or "GaN HEMT"."""
    sample = text[:_SAMPLE]
    counts = {script: len(pattern.findall(sample)) for script, pattern in _SCRIPTS.items()}
    weights = {script: count for script, count in counts.items() if script not in ("latin", "kana")}
    weights["han"] += counts["kana"]
    script = max(weights, key=weights.__getitem__)
    if weights[script] * _LATIN_LETTERS_A_SIGN <= counts["latin"]:
        return _latin(sample)
    if not weights[script]:
        return ""
    if script != "han":
        return script
    return "ja" if counts["kana"] * 10 > counts["han"] else "zh"


def _latin(text: str) -> str:
    words = [word.lower() for word in _WORD.findall(text)]
    if len(words) < _FEWEST_WORDS:
        return ""
    hits = {language: sum(word in common for word in words) for language, common in _WORDS.items()}
    best = max(hits, key=hits.__getitem__)
    if hits[best] == 0:
        return "de" if re.search("[äöüß]", text) else "en"
    return best
