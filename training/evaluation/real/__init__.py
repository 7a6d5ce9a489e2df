"""Captions of real music, judged by what files prove of it: ``python -m training.evaluation.real MUSIC``."""
