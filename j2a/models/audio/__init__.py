"""What listens: the MW-MAE encoder and the projector behind it."""
