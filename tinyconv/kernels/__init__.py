"""Arrays in, arrays out: the arithmetic under the differentiable operations."""
