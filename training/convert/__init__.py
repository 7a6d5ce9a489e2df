"""Published checkpoints, made into what J2A loads."""
