import sys
import unicodedata

from touchline.domain.text import HIDDEN

# Drawn, although of category Cf: Arabic, Syriac and Kaithi number signs, Egyptian joiners and shorthand marks.
VISIBLE_FORMATS = frozenset(
    [*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD, *range(0x13430, 0x13440)]
)


def test_every_control_format_and_separator_character_is_hidden() -> None:
    missed = [
        f"U+{point:04X}"
        for point in range(sys.maxunicode + 1)
        if unicodedata.category(chr(point)) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        and not HIDDEN.match(chr(point))
        and point not in VISIBLE_FORMATS
    ]
    assert missed == []


def test_letters_signs_and_blanks_are_not_hidden() -> None:
    assert HIDDEN.search("Größe 日本 e\u0301 ❤\ufe0f \u00a0 ß 100 % 👩") is None
