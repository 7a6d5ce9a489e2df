"""Captioning a whole folder: windows planned, measured in parallel processes, described in batches, written down."""
