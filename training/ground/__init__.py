"""What every training run shares: settings, the log, stopping, the optimizer, the run's folder."""
