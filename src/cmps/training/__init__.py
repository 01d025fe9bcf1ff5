"""Training of the networks; the only room that may import torch."""
