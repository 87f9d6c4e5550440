"""Tables: how columns are aligned and how wide they are."""

from absl.testing import absltest

from stargan_tf.reports import table


class TableTest(absltest.TestCase):
    def test_columns_are_as_wide_as_what_is_in_them(self):
        found = table.table(
            ["target", "MB", "max error"],
            [("a", "1.0", "1e-3"), ("a long name", "1,234.5", "-")],
        )
        self.assertEqual(
            found.splitlines(),
            [
                "target            MB  max error",
                "a                1.0       1e-3",
                "a long name  1,234.5          -",
            ],
        )

    def test_without_rows_the_headings_are_left(self):
        self.assertEqual(table.table(["signature", "MB"], []), "signature  MB")

    def test_a_row_with_another_number_of_cells_is_refused(self):
        with self.assertRaises(ValueError):
            table.table(["a", "b"], [("1", "2"), ("3",)])


if __name__ == "__main__":
    absltest.main()
