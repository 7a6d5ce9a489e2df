"""A second composer, for testing only: nothing that trains may hear it.

A card made with the music that a model learned from flatters the model. This composer shares with the first one the
player of soundfonts, the vocabulary of the truth and the writer of the corpus, and no music: not its harmony, rhythms,
melodies, orchestration or mixing.

From the bottom up: ``score`` (what a note is), ``instruments``, ``harmony``, ``idioms`` (the kinds of music, as data),
``plan`` (one piece, drawn), ``figures``, ``tunes``, ``drums`` and ``writing`` (its notes), ``performing`` (notes as
played), ``mixing``, ``truth``, ``clip``.
"""
