"""Weights on the disk: where they are found, how they are read, how they come."""
