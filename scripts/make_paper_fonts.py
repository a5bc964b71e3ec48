"""Makes the fonts of PDFs, src/milepost/dashboard/digests/fonts, from Inter as its npm package `inter-ui` has it.

    npm pack inter-ui@4.1.1 && tar xzf inter-ui-4.1.1.tgz
    uv run --with fonttools --with brotli scripts/make_paper_fonts.py package/web

Latin, Greek, Cyrillic, Vietnamese, punctuation, currencies and arrows, as TrueType without hints and features.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset

FONTS = Path(__file__).parents[1] / "src/milepost/dashboard/digests/fonts"
LETTERS = (
    "U+0020-007E,U+00A0-024F,U+02B0-036F,U+0370-052F,U+1E00-1EFF,U+2000-209F,U+20A0-20C0,U+2100-214F,U+2190-2199,"
    "U+2200-22FF,U+25A0-25FF,U+FB01-FB02"
)


def main() -> None:
    for weight in ("Regular", "SemiBold"):
        options = subset.Options(
            layout_features=[], hinting=False, notdef_outline=True, glyph_names=False, name_IDs=[0, 1, 2, 4, 6, 13, 14]
        )
        options.drop_tables += ["GSUB", "GPOS", "GDEF"]
        font = subset.load_font(str(Path(sys.argv[1]) / f"Inter-{weight}.woff2"), options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=subset.parse_unicodes(LETTERS))
        subsetter.subset(font)
        font.flavor = None
        font.save(FONTS / f"inter-4.1-{weight.lower()}.ttf")


if __name__ == "__main__":
    main()
