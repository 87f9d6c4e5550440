"""Landmarks of faces: the frozen network that finds them, StarGAN v2's masks, and alignment."""
