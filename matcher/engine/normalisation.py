"""Brings the ways of writing one text into one: widths, signs, characters, and the line breaks of scanned pages."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_KANA = re.compile(r"[\u3041-\u30fa]")
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufffd\ufff0-\uffff\ud800-\udfff]"
)
_NEW_LINE = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Chinese punctuation stays: people read the passages, and models fold its width themselves.
_FOLDED = re.compile(r"[^，：；？！（）]+")
_POWER = re.compile(r"(?<=[\d)])([⁺⁻]?)([⁰¹²³⁴-⁹]+)")
_POWER_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SPACES = re.compile(r"[^\S\n]+")
_EDGES = re.compile(r" *\n[ \n]*")
_SPACED_OUT = re.compile(rf"(?<![{_HAN}])[{_HAN}](?: [{_HAN}])+(?![{_HAN}])")
_HYPHENATED = re.compile(r"(?<=[a-zà-ÿ]{2})-\n(?=[a-zà-ÿ]{2})")
_ENDS_SENTENCE = re.compile(r"[。！？；…：!?;:.\"”’」』）)\]]$")
_STARTS_ITEM = re.compile(
    r"(?:[-*•·●○■□◆▪➢√–—]|[(（]?(?:\d{1,2}|[一二三四五六七八九十]{1,3}|[a-zA-Z])[)）.、．]|第.{1,3}[章节条步])"
)
_JOINS_WITHOUT_SPACE = re.compile(rf"[{_HAN}，、。；：]")
_FULL_LINE = 30  # columns, a Chinese character counting two: shorter lines are headings or entries of a list


def normalise(text: str) -> str:
    """Return `text` in NFKC and simplified characters, one paragraph a line, without invisible characters.

    Chinese punctuation is kept, 10⁶ becomes 10^6, Japanese text keeps its characters. Running it twice changes nothing.
    """
    text = _INVISIBLE.sub("", _NEW_LINE.sub("\n", text))
    if not text.isascii():
        text = _POWER.sub(_caret, text)
        if not unicodedata.is_normalized("NFKC", text):
            text = _FOLDED.sub(lambda run: unicodedata.normalize("NFKC", run.group()), text)
            text = _INVISIBLE.sub("", text)
        text = _simplify(text)
    text = _EDGES.sub("\n", _SPACES.sub(" ", text)).strip()
    if "\n" in text:
        text = _join_lines(text)
    return text if text.isascii() else _SPACED_OUT.sub(lambda run: run.group().replace(" ", ""), text)


def _caret(match: re.Match[str]) -> str:
    sign = "-" if match.group(1) == "⁻" else ""
    return f"^{sign}{match.group(2).translate(_POWER_DIGITS)}"


def _join_lines(text: str) -> str:
    """Return the text with lines joined that a page's width has broken in the middle of a sentence."""
    lines = _HYPHENATED.sub("", text).split("\n")
    paragraphs = [lines[0]]
    for before, line in pairwise(lines):
        if _is_broken(before, line):
            seamless = _JOINS_WITHOUT_SPACE.match(before[-1]) and _JOINS_WITHOUT_SPACE.match(line)
            paragraphs[-1] += line if seamless else " " + line
        else:
            paragraphs.append(line)
    return "\n".join(paragraphs)


def _is_broken(before: str, line: str) -> bool:
    if not before or _ENDS_SENTENCE.search(before) or _STARTS_ITEM.match(line):
        return False
    return len(before) + len(_JOINS_WITHOUT_SPACE.findall(before)) >= _FULL_LINE


def _simplify(text: str) -> str:
    traditional, converter = _traditional()
    if not traditional.search(text) or _KANA.search(text):
        return text
    simplified: str = converter.convert(text)
    return simplified


@lru_cache(maxsize=1)
def _traditional() -> tuple[re.Pattern[str], Any]:
    """Return a pattern of characters that only traditional writing has, and OpenCC's converter."""
    from opencc import OpenCC

    spec = find_spec("opencc")
    assert spec is not None
    assert spec.origin is not None
    table = Path(spec.origin).with_name("dictionary") / "TSCharacters.txt"
    pairs = [line.split("\t") for line in table.read_text("utf-8").splitlines() if "\t" in line]
    simple = {character for _, targets in pairs for character in targets.split()}
    only = sorted({source for source, _ in pairs} - simple)
    return re.compile(f"[{''.join(map(re.escape, only))}]"), OpenCC("t2s")
