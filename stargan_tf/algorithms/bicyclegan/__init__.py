"""BicycleGAN: many translations of one image, learnt from pairs (arXiv 1711.11586)."""
