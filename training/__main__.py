"""``python -m training``: ``j2a-train``, for ``torchrun -m training fit ...`` and ``accelerate launch -m training``."""

from training.cli import main

main()
