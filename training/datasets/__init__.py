"""Readers of the public caption data sets."""
