"""Data sets behind one interface, their transforms, and the stateless input pipeline."""
