"""Reads tables, CSV or JSON Lines, row by row, with error messages that name the line."""

import csv
import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

from stargan_tf.base import errors
from stargan_tf.data import names as names_lib

# What a column of splits may hold, in lower case, and what it means.
PARTS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}

_DELIMITERS = ",;\t"
_CSV = (".csv", ".tsv")
_JSON_LINES = (".jsonl", ".ndjson")
_SCALARS = frozenset((str, int, float, bool))


class Table:
    """A table in a file.

    Attributes:
      path: The path of the file.
      name: The file's name without its folder.
      columns: The names of the columns, normalized; "" for a column without a name.
      term: What messages call a column: "column" in CSV, "key" in JSON Lines.
    """

    def __init__(self, path: str, required: str) -> None:
        """Reads the names of the columns: the header of CSV, or the keys of the first JSON object.

        The header decides whether commas, semicolons or tabs separate the values of CSV.

        Args:
          path: A file that ends in .csv, .tsv, .jsonl or .ndjson, UTF-8 with or without BOM.
          required: The name of a column that must exist.

        Raises:
          UserError: The file can't be read or is empty, the required column is missing, or a name
            appears twice.
        """
        self.path, self.name = path, os.path.basename(path)
        self._is_csv = path.lower().endswith(_CSV)
        self.term = "column" if self._is_csv else "key"
        if not self._is_csv and not path.lower().endswith(_JSON_LINES):
            raise errors.UserError(
                f"{path!r} must be a table; expected a name that ends in "
                f"{', '.join(_CSV + _JSON_LINES)}."
            )
        number, first = next(((n, text) for n, text in self._lines() if text.strip()), (0, ""))
        if not first:
            raise errors.UserError(
                f"{path!r} is empty; expected a header, then a line for each image."
                if self._is_csv
                else f"{path!r} is empty; expected a JSON object for each image, one a line."
            )
        self._delimiter = _delimiter(first, required)
        self.columns = (
            tuple(names_lib.normalized(cell.strip()) for cell in self._header(number, first))
            if self._is_csv
            else tuple(self._object(number, first))
        )
        self._check_columns(number, required)

    def rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Yields the line number and the cells of every row, in the order of `columns`.

        Skips blank lines. JSON's numbers and truth values become text as Python writes it.

        Raises:
          UserError: A line is malformed.
        """
        rows = self._csv_rows() if self._is_csv else self._json_rows()
        if self._is_csv:
            next(rows)  # the header
        return rows

    def mistake(self, line: int, what: str) -> errors.UserError:
        """Returns the error for a line: "Line 3 of labels.csv " and `what` is wrong with it."""
        return errors.UserError(f"Line {line} of {self.name} {what}")

    def _lines(self) -> Iterator[tuple[int, str]]:
        try:
            # utf-8-sig: the BOM that Excel writes is not part of the first name.
            with open(self.path, encoding="utf-8-sig", newline="") as file:
                yield from enumerate(file, 1)
        except UnicodeDecodeError as error:
            # Python decodes text in blocks, so the number of the bad line is still unknown.
            raise self.mistake(
                _undecodable_line(self.path), "is not UTF-8 text; save the file as UTF-8."
            ) from error
        except OSError as error:
            raise errors.UserError(
                f"Cannot read {self.path!r}: {error.strerror}; check the path and its permissions."
            ) from error

    def _header(self, number: int, first: str) -> list[str]:
        try:
            return next(csv.reader([first], delimiter=self._delimiter, strict=True))
        except csv.Error as error:
            text = f"is not a CSV header ({error}); check its quotes."
            raise self.mistake(number, text) from error

    def _check_columns(self, number: int, required: str) -> None:
        if required not in self.columns:
            raise self.mistake(
                number,
                f"has the {self.term}s {', '.join(self.columns)}, but none called {required!r}; "
                "rename the one that holds it.",
            )
        for name in self.columns:
            if self.columns.count(name) > 1 and name:
                raise self.mistake(number, f"names the column {name!r} twice; rename one.")

    def _csv_rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        reader = csv.reader(
            (text for _, text in self._lines()), delimiter=self._delimiter, strict=True
        )
        width = len(self.columns)
        try:
            for cells in reader:
                if len(cells) == width:
                    yield reader.line_num, cells
                elif any(cell.strip() for cell in cells):
                    raise self.mistake(
                        reader.line_num,
                        f"holds {len(cells)} values where the header names {width} columns; put "
                        'values that hold the separator in "quotes".',
                    )
        except csv.Error as error:
            raise self.mistake(
                reader.line_num, f"is not CSV ({error}); check its quotes."
            ) from error

    def _json_rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        keys, columns = set(self.columns), self.columns
        for number, text in self._lines():
            if not text.strip():
                continue
            row = self._object(number, text)
            if row.keys() != keys:
                name = sorted(keys.symmetric_difference(row))[0]
                has = "has" if name in row else "lacks"
                raise self.mistake(
                    number,
                    f"{has} the key {name!r}, unlike the first line; write the same keys on each.",
                )
            values = [row[name] for name in columns]
            yield number, [v if v.__class__ is str else str(v) for v in values]

    def _object(self, number: int, text: str) -> dict[str, Any]:
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise self.mistake(
                number, f"is not a JSON object but {text.strip()[:60]!r}; write one object a line."
            )
        if not _SCALARS.issuperset(map(type, row.values())):
            name = next(name for name, value in row.items() if type(value) not in _SCALARS)
            raise self.mistake(
                number,
                f"gives {name!r} the value {json.dumps(row[name])[:60]}; expected text, a "
                "number, true or false.",
            )
        composed = {names_lib.normalized(name): value for name, value in row.items()}
        if len(composed) < len(row):
            raise self.mistake(
                number, "has two keys that are one in two Unicode spellings; rename one."
            )
        return composed


def _delimiter(header: str, required: str) -> str:
    """Returns the separator that makes `required` a column, or else the most frequent one."""
    for delimiter in _DELIMITERS:
        names = [name.strip().strip('"') for name in header.split(delimiter)]
        if len(names) > 1 and required in names:
            return delimiter
    return max(_DELIMITERS, key=header.count)


def _undecodable_line(path: str) -> int:
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1  # The file has changed meanwhile.
