"""What commands print: tables, and how far long work is."""
