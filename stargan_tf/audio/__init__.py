"""Sound: reading and resampling it, its features, and making sound of features."""
