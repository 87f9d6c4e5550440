"""The kinds of data sets that can be trained on."""
