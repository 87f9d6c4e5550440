"""CycleGAN: two generators for each pair of domains, tied by a cycle (arXiv 1703.10593)."""
