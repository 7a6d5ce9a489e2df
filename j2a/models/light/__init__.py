"""The same small models without torch: NumPy, and the compiled functions of ``j2a/compiled/transformer.c``.

What is here takes a folder or leaves it: an encoder with a stem, a small Mistral, what stands between them. It gives
what the modules of :mod:`j2a.models.audio` and the general way of :mod:`j2a.models.language` give (tested), in a tenth
of the time until the first word.
"""
