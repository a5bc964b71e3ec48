"""Which font writes which letters on paper: Inter what it has, and fonts of the reader's those of East Asia.

Fonts of these weigh megabytes each. A PDF may name them instead (Adobe's CID fonts): the letters are text in it, to be
searched and copied, and whoever opens it sees them by what their system has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

REGULAR: Final = "Inter"
BOLD: Final = "Inter-SemiBold"
_CHINESE, _JAPANESE, _KOREAN = "STSong-Light", "HeiseiKakuGo-W5", "HYGothic-Medium"
#: Each with the set of characters that it has.
_HAVE: Final = {_CHINESE: "gbk", _JAPANESE: "cp932", _KOREAN: "cp949"}
_FOLDER: Final = Path(__file__).parent / "fonts"
_KANA, _HANGUL = "\u3041-\u30ff\u31f0-\u31ff\uff61-\uff9f", "\u3131-\u318e\uac00-\ud7a3"
_EAST: Final = re.compile(
    f"([\u3000-\u303f{_KANA}{_HANGUL}\u3200-\u33ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60\uffe0-\uffe6]+)"
)
_HAS_KANA, _HAS_HANGUL = re.compile(f"[{_KANA}]"), re.compile(f"[{_HANGUL}]")


@cache
def load_fonts() -> None:
    """Once for the process."""
    pdfmetrics.registerFont(TTFont(REGULAR, _FOLDER / "inter-4.1-regular.ttf"))
    pdfmetrics.registerFont(TTFont(BOLD, _FOLDER / "inter-4.1-semibold.ttf"))
    for name in _HAVE:
        pdfmetrics.registerFont(UnicodeCIDFont(name))


def runs(said: str, font: str = REGULAR) -> Iterator[tuple[str, str]]:
    """Each part of a text with the name of its font, in order; `font`: of what Inter has."""
    for place, part in enumerate(_EAST.split(said)):
        if place % 2:
            kana, hangul = bool(_HAS_KANA.search(part)), bool(_HAS_HANGUL.search(part))
            fonts = ((_east(one, kana=kana, hangul=hangul), one) for one in part)
            yield from ((name, "".join(one for _, one in ones)) for name, ones in groupby(fonts, lambda pair: pair[0]))
        elif part:
            yield font, part


def width(said: str, size: float, font: str = REGULAR) -> float:
    """In points."""
    return sum(float(pdfmetrics.stringWidth(part, name, size)) for name, part in runs(said, font))


def _east(letter: str, *, kana: bool, hangul: bool) -> str:
    """A sign that several write is drawn as by those whose letters stand beside it, if their font has it."""
    if _HAS_HANGUL.match(letter):
        return _KOREAN
    if _HAS_KANA.match(letter):
        return _JAPANESE
    first = [_JAPANESE] if kana else [_KOREAN] if hangul else []
    return next((font for font in (*first, *_HAVE) if _has(_HAVE[font], letter)), _CHINESE)


def _has(codec: str, letter: str) -> bool:
    try:
        letter.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
