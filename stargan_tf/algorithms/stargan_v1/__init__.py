"""StarGAN v1: one generator for all domains, conditioned on a label (arXiv 1711.09020)."""
