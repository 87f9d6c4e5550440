"""What is wrong with a data set and a choice of flags, before a training is started with them."""
