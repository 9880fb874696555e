"""PyTorch's schedules, rate by rate."""
