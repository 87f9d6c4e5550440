"""A run as others get it: weights, a model card, exports; in a folder, or on the hub."""
