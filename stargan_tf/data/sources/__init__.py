"""The data sets that are read from files, and the drawn faces."""
