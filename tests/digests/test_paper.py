"""A digest on paper, read back: whatever names hold, it is made; what a font has is text, what none has is a box."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from milepost.dashboard.digests.paper import pdf_of
from milepost.dashboard.digests.paper_fonts import runs
from milepost.digests.digest import Chart, Digest, Grid, Line, Section, Series
from tests.browser.sample import ABSURD_NAMES

_LETTERS = ("Αθήνα", "Чебурашка", "Nguyễn Thị Ánh", "Łódź & <b>Söhne</b>", "Ωραία {{ 7*7 }}")
_DAYS = tuple(f"{n} Nov" for n in range(1, 31))
_LINE = tuple(float(n % 7) if n % 5 else None for n in range(30))


def read(made: bytes) -> tuple[PdfReader, str]:
    found = PdfReader(BytesIO(made))
    return found, " ".join(" ".join(page.extract_text() for page in found.pages).split())


def test_names_of_any_letters_and_as_many_pages_as_it_takes() -> None:
    names = (*_LETTERS, *ABSURD_NAMES, "株式会社", "🎉", "\x00\ud800", "w" * 5_000, "")
    charts = (
        Chart(_DAYS, (Series("Events", _LINE), Series("Before", _LINE, before=True))),
        Chart(("1", "2"), (Series("Days", (0.0, 0.5)),), bars=True),
        Chart(("0", "1", "2"), (Series("Came back", (1.0, 0.25, None)),), unit="percent"),
        Chart(_DAYS, tuple(Series(name, tuple(-(value or 0) for value in _LINE)) for name in names)),
        Chart(("1", "2"), (Series("Long", (10.0**15, None)), Series("None", (None, None))), unit="milliseconds"),
        Chart((), ()),
    )
    grid = Grid(
        ("Day", *_LETTERS[:3]),
        tuple((name, "1,204", "–", "+9%") for name in names),
        1,
        (1.0, *[0.1] * (len(names) - 1)),
    )
    sections = [
        Section(name, page='/trends?a=1&b="2"', text=f"{name} leads.", grids=(grid,), chart=chart)
        for chart in charts
        for name in names[:4]
    ]
    sections.append(Section("Failed", empty="This took longer than a question may take."))
    made = pdf_of(Digest(names[3], "As of now.", tuple(sections)), "https://milepost.example.com")
    found, text = read(made)
    assert all(name in text for name in _LETTERS)
    assert "1 more row stands on its page." in text
    assert "This took longer than a question may take." in text
    assert f"1 of {len(found.pages)} " in f"{text} "
    assert len(found.pages) > 6
    assert found.metadata is not None
    assert (found.metadata.title, found.metadata.author) == ("Łódź & <b>Söhne</b>", "Milepost")
    assert [round(float(side)) for side in found.pages[0].mediabox[2:]] == [595, 842]
    assert made.count(b"/FontFile2") >= 2, "they are embedded"
    links = {note.get_object()["/A"]["/URI"] for page in found.pages for note in page.get("/Annots", ())}
    assert links == {'https://milepost.example.com/trends?a=1&b="2"'}


@pytest.mark.parametrize(
    ("said", "fonts"),
    [
        ("Acme 株式会社さくら GmbH", ["Inter", "HeiseiKakuGo-W5", "Inter"]),
        ("东京有限公司、北京", ["STSong-Light"]),
        ("臺灣大學", ["STSong-Light"]),
        ("주식회사 한글", ["HYGothic-Medium", "Inter", "HYGothic-Medium"]),
        ("대한民國", ["HYGothic-Medium"]),
        # Of a name in both, what Japan's font lacks is China's.
        ("さくら东", ["HeiseiKakuGo-W5", "STSong-Light"]),
        ("Łódź 🎉 שלום", ["Inter"]),
        ("", []),
    ],
)
def test_letters_of_east_asia_are_written_by_fonts_that_have_them(said: str, fonts: list[str]) -> None:
    parts = list(runs(said))
    assert [font for font, _ in parts] == fonts
    assert "".join(part for _, part in parts) == said


def test_names_of_east_asia_are_text_wherever_they_stand() -> None:
    long = "很长的公司名称没有空格" * 12
    names = ("株式会社さくら", "北京有限公司", "주식회사한글", long)
    chart = Chart(("一月", "二月"), tuple(Series(name, (1.0, 2.0)) for name in names))
    grid = Grid(("名称", "Events"), tuple((name, "1") for name in names))
    section = Section("売上 & <b>", page="/trends", text="한국 leads.", chart=chart, grids=(grid,))
    made = pdf_of(Digest("週報 of さくら", "北京.", (section, section, section)), "http://127.0.0.1:8321")
    found, text = read(made)
    joined = text.replace(" ", "")
    for name in ("週報ofさくら", "北京.", "売上&<b>", "한국leads.", "名称", "一月", *names):
        assert name in joined
    assert joined.count("週報ofさくら") == 1 + len(found.pages), "at the foot of each page too"
    assert "\ufffd" not in text
    assert all(font in made for font in (b"/HeiseiKakuGo-W5", b"/STSong-Light", b"/HYGothic-Medium"))


def test_a_members_own_week_is_lines() -> None:
    lines = (Line("Łódź", "Not active for 20 days.", "/customers/a%26b"), Line("3 notes", "", ""))
    sections = (
        Section("Who needs you", lines, "Nobody.", 1_200, "/customers"),
        Section("Your tasks", (), "Nothing is due.", path="/tasks"),
    )
    found, text = read(pdf_of(Digest("Your week", "24 Nov 2026 to 30 Nov 2026.", sections), "http://127.0.0.1:8321"))
    assert text == (
        "Your week 24 Nov 2026 to 30 Nov 2026. Who needs you Łódź Not active for 20 days. 3 notes And 1,200 more."
        " Your tasks Nothing is due. Your week 1 of 1"
    )
    assert len(found.pages) == 1
