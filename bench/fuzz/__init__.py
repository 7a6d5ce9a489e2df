"""Coverage-guided fuzzing of our own parsers: see ``__main__``."""
