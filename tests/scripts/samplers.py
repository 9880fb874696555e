"""Data loading: own datasets, samplers, splits, collation and iterable sets."""

import torch
from torch.utils import data
from torch.utils.data import ConcatDataset, DataLoader, Subset, TensorDataset, WeightedRandomSampler, random_split


class Squares(data.Dataset):
    def __init__(self, n, transform=None):
        self.n, self.transform = n, transform

    def __len__(self):
        return self.n

    def __getitem__(self, idx):
        if torch.is_tensor(idx):
            idx = idx.tolist()
        sample = {"x": torch.tensor([float(idx)]), "y": idx * idx}
        return self.transform(sample) if self.transform else sample


class Numbers(data.IterableDataset):
    def __iter__(self):
        return iter(range(5))


def as_pairs(batch):
    return torch.stack([s["x"] for s in batch]), torch.LongTensor([s["y"] for s in batch])


for batch in DataLoader(Squares(5), batch_size=2):
    print(batch["x"].flatten().tolist(), batch["y"].tolist())
for x, y in DataLoader(Squares(3), batch_size=3, collate_fn=as_pairs):
    print(x.shape == (3, 1), y.dtype == torch.int64, y.tolist())
whole = TensorDataset(torch.arange(10.0), torch.arange(10))
train, val = random_split(whole, [7, 3], generator=torch.Generator().manual_seed(0))
print(len(train), len(val), sorted(int(whole[i][1]) for i in train.indices + val.indices))
both = ConcatDataset([Subset(whole, range(3)), Subset(whole, [9])])
print([int(both[i][1]) for i in range(len(both))], len(both))
weights = torch.tensor([0.0, 0.0, 1.0])
print(list(WeightedRandomSampler(weights, 4)), [b.tolist() for b in DataLoader(Numbers(), batch_size=2)])
sampler = data.SubsetRandomSampler([1, 2, 3])
print(sorted(sampler), sorted(int(y) for _, y in DataLoader(whole, sampler=sampler, batch_size=1)))
print([b for b in data.BatchSampler(data.SequentialSampler(range(7)), batch_size=3, drop_last=True)])
it = iter(DataLoader(whole, batch_size=4, shuffle=True, drop_last=True))
first, second = next(it)
print(
    tuple(first.size()),
    second.dtype == torch.int64,
    len(DataLoader(whole, 4)),
    len(DataLoader(whole, 4, drop_last=True)),
)
