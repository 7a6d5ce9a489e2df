"""Whole screens: the desk, help, the choice of a version, a question."""
