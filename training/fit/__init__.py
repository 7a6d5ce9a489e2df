"""``j2a-train fit``: trains the projector of J2A-2.x, or a LoRA adapter for J2A-1.0.

settings.py   what decides a run
students.py   what learns, and how a lesson becomes embeddings
loss.py       cross-entropy on the caption's tokens
parallel.py   one process or many
loop.py       the training itself
"""
