"""StarGAN v2: diverse translations to many domains, by styles (arXiv 1912.01865)."""
