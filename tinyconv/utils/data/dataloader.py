"""The loader, in PyTorch's place for it."""

from ...data.collate import default_collate
from ...data.loader import DataLoader, get_worker_info

__all__ = ["DataLoader", "default_collate", "get_worker_info"]
