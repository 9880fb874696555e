"""Where a signature is not PyTorch's, and why."""

# parameters that PyTorch has in many places and tinyconv in none, or at another place
NOT_HERE = {
    "out",
    "layout",
    "pin_memory",
    "memory_format",
    "names",
    "_stacklevel",
    "dtype_",
    "self",
    "implicit",
    "sparse_grad",
}

DIFFERENCES: dict[str, str] = {}
