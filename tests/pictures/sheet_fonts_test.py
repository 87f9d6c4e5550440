"""Headings in any script, with fonts that the tests make: nothing depends on the machine's."""

import io
import pathlib
import struct
from unittest import mock

import numpy as np
from absl.testing import absltest, parameterized
from PIL import ImageFont, features

from stargan_tf.pictures import sheet_fonts, sheets

GLYPHS = (20, 30, 40, 50)  # of Pillow's font: letters, whichever these are


def font_file(path, letters):
    """Writes Pillow's own font with other letters: the glyphs GLYPHS, one for each."""
    data = ImageFont.load_default(12).font_bytes
    pairs = zip(sorted(letters), GLYPHS, strict=False)
    groups = b"".join(struct.pack(">III", ord(c), ord(c), glyph) for c, glyph in pairs)
    cmap = struct.pack(">HHHHI", 0, 1, 3, 10, 12)
    cmap += struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(letters)) + groups
    made = bytearray(data + b"\0" * (-len(data) % 4) + cmap)
    (count,) = struct.unpack_from(">H", data, 4)
    for entry in range(12, 12 + 16 * count, 16):
        if data[entry : entry + 4] == b"cmap":
            struct.pack_into(">II", made, entry + 8, len(made) - len(cmap), len(cmap))
    path.write_bytes(made)
    return str(path)


def heading(text, fonts=()):
    """Returns the heading of a sheet with one image, as it is drawn: (H, 240, 3)."""
    picture = sheets.render(sheets.Sheet((text,), np.zeros((1, 1, 240, 240, 3))), fonts)
    return picture[:-245, 4:-4]


def ink(text, font):
    """Returns the ink of a text, cut out, as Pillow draws it."""
    mask = ImageFont.truetype(font, 22).getmask(text)
    levels = np.asarray(mask, np.uint8).reshape(mask.size[::-1])
    return cut_out(np.repeat(255 - levels[..., np.newaxis], 3, axis=2))


def cut_out(picture):
    """Returns the ink of a heading, cut out."""
    dark = 255 - picture.min(axis=2)
    rows, columns = np.nonzero(dark)
    return dark[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


class SheetFontsTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.create_tempdir().full_path)

    @parameterized.parameters(
        ("\u732b", "U+732B"),
        ("\u732b\u72ac", "U+732B U+72AC"),
        ("-\u732b", "- U+732B"),
        ("\u043a\u043e\u0442", "U+043A U+043E U+0442"),
        ("big \u0642", "big U+0642"),
        ("\U0001f600", "U+1F600"),
        ("a\udcff", "a U+DCFF"),
        ("caf\u00e9", "cafe"),
        ("cafe\u0301", "cafe"),
        ("A\ufe0f\u200b", "A"),
    )
    def test_without_a_font_nothing_is_a_box(self, text, expected):
        np.testing.assert_array_equal(heading(text), heading(expected))
        box = ImageFont.load_default(22).getmask("\uffff")
        box = np.asarray(box, np.uint8).reshape(box.size[::-1])
        found = 255 - heading(text).min(axis=2)
        windows = np.lib.stride_tricks.sliding_window_view(found, box.shape)
        self.assertFalse((windows == box).all(axis=(2, 3)).any())

    def test_numbers_are_not_broken(self):
        narrow = np.zeros((1, 1, 96, 96, 3))
        found = sheets.render(sheets.Sheet(("\u732b+\u72ac",), narrow), ())
        expected = sheets.render(sheets.Sheet(("U+732B + U+72AC",), narrow), ())
        np.testing.assert_array_equal(found, expected)
        self.assertEqual(sheets._wrapped("U+732B + U+72AC", ImageFont.load_default(11), 60),
                         "U+732B +\nU+72AC")  # fmt: skip

    def test_the_first_font_that_has_all_letters_draws_them(self):
        (self.root / "broken.ttf").write_bytes(b"no font")
        fonts = [
            str(self.root / "missing.ttf"),
            str(self.root / "broken.ttf"),
            font_file(self.root / "cat.ttf", "\u732b"),
            font_file(self.root / "LastResort.otf", "\u732b\u72ac"),
            font_file(self.root / "both.ttf", "\u72ac\u732b"),
            font_file(self.root / "more.ttf", "\u4e00\u72ac\u732b"),
        ]
        for text, font in (("\u732b", fonts[2]), ("\u732b\u72ac", fonts[4]), ("\u72ac", fonts[4])):
            np.testing.assert_array_equal(cut_out(heading(text, fonts)), ink(text, font))
        np.testing.assert_array_equal(heading("\u732b\u733f", fonts), heading("U+732B U+733F"))

    def test_accents_are_drawn_where_a_font_has_them(self):
        font = font_file(self.root / "accents.ttf", "\u00e9\u00fc")
        np.testing.assert_array_equal(cut_out(heading("\u00e9", [font])), ink("\u00e9", font))

    @parameterized.parameters("\u0642", "\u05d0", "\u092c\u093f", "\u0e31", "a\u200db")
    def test_letters_that_join_are_not_drawn_apart(self, text):
        font = font_file(self.root / "joining.ttf", [c for c in "ab" + text if c != "\u200d"][:4])
        with mock.patch.object(features, "check", return_value=False):
            sheet_fonts._file.cache_clear()
            self.addCleanup(sheet_fonts._file.cache_clear)
            found = heading(text, [font])
        numbers = [c if c.isascii() else f" U+{ord(c):04X} " for c in text if c != "\u200d"]
        np.testing.assert_array_equal(found, heading("".join(numbers)))

    def test_for_plain_letters_no_font_is_looked_for(self):
        with mock.patch.object(sheet_fonts, "installed", side_effect=AssertionError):
            for text in ("Black_Hair+Eyeglasses", "-Male", "5_o'Clock (12) ~|[]{}", ""):
                self.assertEqual(sheet_fonts.drawable(text, 11)[0], text)

    def test_which_fonts_of_a_machine_come_first(self):
        names = ("NotoSansCJK-Regular.ttc", "DejaVuSans-Bold.ttf", "DejaVuSans.ttf", "a.otf",
                 "readme.txt", "NotoSans-Regular.ttf", "DejaVuSerif.ttf")  # fmt: skip
        for name in names:
            (self.root / "deep").mkdir(exist_ok=True)
            (self.root / "deep" / name).touch()
        with mock.patch.object(sheet_fonts, "_FOLDERS", (str(self.root), "/nowhere")):
            sheet_fonts.installed.cache_clear()
            self.addCleanup(sheet_fonts.installed.cache_clear)
            found = [pathlib.Path(path).name for path in sheet_fonts.installed()]
        self.assertEqual(" ".join(found), "DejaVuSans.ttf NotoSans-Regular.ttf "
            "NotoSansCJK-Regular.ttc a.otf DejaVuSans-Bold.ttf DejaVuSerif.ttf")  # fmt: skip

    def test_the_made_fonts_are_fonts(self):
        font = ImageFont.truetype(io.BytesIO(
            pathlib.Path(font_file(self.root / "x.ttf", "\u732b")).read_bytes()), 22)  # fmt: skip
        self.assertNotEqual(bytes(font.getmask("\u732b")), bytes(font.getmask("\uffff")))


if __name__ == "__main__":
    absltest.main()
