"""What a run's images weigh, written down, and compared with what an earlier run wrote."""
