"""Numbers that PyTorch computed, and the tests that hold tinyconv's against them."""
