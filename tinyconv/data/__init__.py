"""Datasets, batches and MNIST."""

from . import mnist
from .collate import default_collate
from .dataset import Dataset, Subset, TensorDataset, random_split
from .loader import DataLoader
from .mnist import MNIST

__all__ = [
    "MNIST",
    "DataLoader",
    "Dataset",
    "Subset",
    "TensorDataset",
    "default_collate",
    "mnist",
    "random_split",
]
