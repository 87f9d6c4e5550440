"""Whether translated images are good training data: classifiers that learn from them, or don't."""
