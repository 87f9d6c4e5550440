"""Facial landmarks: the frozen network that detects them, StarGAN v2's masks, and alignment."""
