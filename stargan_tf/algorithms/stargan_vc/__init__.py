"""StarGAN-VC: one generator for voice conversion between many speakers (arXiv 1806.02169)."""
