"""Checks a data set and the options of a training before it is started."""
