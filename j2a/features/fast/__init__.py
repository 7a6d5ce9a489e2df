"""madmom's own networks and decoders, run by faster code: the weights are read from the installed package.

Detections equal stock madmom's (tests/models/features/fast/test_parity.py); ``bench/features.py`` shows the ratio of
the times.
"""
