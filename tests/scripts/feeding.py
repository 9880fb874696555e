"""Feeding a network: samples as dictionaries, transforms as classes, own samplers, collation, splits, weights."""

import random
from collections import namedtuple

import numpy as np
import torch
from torch.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    random_split,
)


class FaceLandmarks(Dataset):
    def __init__(self, n, transform=None):
        self.n = n
        self.transform = transform

    def __len__(self):
        return self.n

    def __getitem__(self, idx):
        if torch.is_tensor(idx):
            idx = idx.tolist()
        image = np.arange(6 * 4 * 3, dtype=np.float32).reshape(6, 4, 3) + idx
        landmarks = np.array([[1, 2], [3, 4.0]]).astype("float").reshape(-1, 2)
        sample = {"image": image, "landmarks": landmarks}
        if self.transform:
            sample = self.transform(sample)
        return sample


class Crop:
    def __init__(self, output_size):
        assert isinstance(output_size, (int, tuple))
        self.output_size = (output_size, output_size) if isinstance(output_size, int) else output_size

    def __call__(self, sample):
        image, landmarks = sample["image"], sample["landmarks"]
        new_h, new_w = self.output_size
        top = 1
        image = image[top : top + new_h, :new_w]
        return {"image": image, "landmarks": landmarks - [0, top]}


class ToTensor:
    def __call__(self, sample):
        image, landmarks = sample["image"], sample["landmarks"]
        image = image.transpose((2, 0, 1))
        return {"image": torch.from_numpy(image), "landmarks": torch.from_numpy(landmarks)}


class Compose:
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, x):
        for t in self.transforms:
            x = t(x)
        return x


faces = FaceLandmarks(5, transform=Compose([Crop((4, 3)), ToTensor()]))
for i, sample in enumerate(faces):
    print(i, list(sample["image"].size()), list(sample["landmarks"].size()))
    if i == 1:
        break
for i_batch, sample_batched in enumerate(DataLoader(faces, batch_size=2, shuffle=False, num_workers=0)):
    print(i_batch, list(sample_batched["image"].size()), sample_batched["landmarks"].dtype, list(sample_batched))
print(faces[torch.tensor(1)]["image"][0, 0, 0].item())


class Lengths(Dataset):
    def __len__(self):
        return 6

    def __getitem__(self, i):
        return torch.arange(i % 3 + 1), i % 2


def pad_collate(batch):
    xs, ys = zip(*batch)
    lengths = torch.tensor([len(x) for x in xs])
    padded = torch.zeros(len(xs), int(lengths.max()), dtype=torch.long)
    for i, (x, end) in enumerate(zip(xs, lengths)):
        padded[i, :end] = x
    return padded, torch.as_tensor(ys), lengths


for padded, ys, lengths in DataLoader(Lengths(), batch_size=3, collate_fn=pad_collate):
    print(padded, ys, lengths)
try:
    next(iter(DataLoader(Lengths(), batch_size=3)))
except RuntimeError as e:
    print(type(e).__name__)


class EvenFirst(Sampler):
    def __init__(self, data_source):
        self.data_source = data_source

    def __iter__(self):
        n = len(self.data_source)
        return iter([*range(0, n, 2), *range(1, n, 2)])

    def __len__(self):
        return len(self.data_source)


class Buckets(Sampler):
    def __init__(self, lengths, batch_size):
        self.lengths, self.batch_size = lengths, batch_size

    def __iter__(self):
        order = sorted(range(len(self.lengths)), key=lambda i: self.lengths[i])
        for i in range(0, len(order), self.batch_size):
            yield order[i : i + self.batch_size]

    def __len__(self):
        return (len(self.lengths) + self.batch_size - 1) // self.batch_size


numbers = TensorDataset(torch.arange(7.0), torch.arange(7) * 10)
print([x.tolist() for x, _ in DataLoader(numbers, batch_size=3, sampler=EvenFirst(numbers))])
print([y.tolist() for _, y in DataLoader(numbers, batch_sampler=Buckets([3, 1, 2, 5, 4, 0, 6], 4))])
print(len(DataLoader(numbers, batch_sampler=Buckets([3, 1, 2, 5, 4, 0, 6], 4))))
print(list(BatchSampler(SequentialSampler(range(5)), 2, False)), len(RandomSampler(numbers)))
print(len(list(RandomSampler(numbers, replacement=True, num_samples=20))))
dataset_size = len(numbers)
indices = list(range(dataset_size))
split = int(np.floor(0.3 * dataset_size))
random.seed(0)
random.shuffle(indices)
train_indices, val_indices = indices[split:], indices[:split]
train_loader = DataLoader(numbers, batch_size=2, sampler=SubsetRandomSampler(train_indices))
print(sorted(int(v) for x, _ in train_loader for v in x) == sorted(train_indices), len(train_loader))
parts = random_split(numbers, [0.5, 0.3, 0.2], generator=torch.Generator().manual_seed(42))
print([len(p) for p in parts], sorted(i for p in parts for i in p.indices))
fold = 7
for k in range(2):
    val = list(range(k * 2, k * 2 + 2))
    train = Subset(numbers, [i for i in range(fold) if i not in val])
    print(k, len(train), train[0], Subset(numbers, val)[1][1].item())
targets = torch.tensor([0, 0, 0, 0, 1, 1, 2])
class_count = torch.bincount(targets)
weights = (1.0 / class_count.float())[targets]
sampler = WeightedRandomSampler(weights.tolist(), num_samples=300, replacement=True)
drawn = torch.bincount(targets[list(sampler)], minlength=3)
print(int(drawn.sum()), bool((drawn > 50).all()), weights)
both = ConcatDataset([numbers, numbers])
print(len(both), both[8], (numbers + numbers)[13][1], both.cumulative_sizes)
Point = namedtuple("Point", ["x", "y"])
batch = default_collate([Point(1, {"a": 2.0, "b": [1, 2]}), Point(3, {"a": 4.0, "b": [5, 6]})])
print(batch.x, batch.y["a"].tolist(), batch.y["b"], default_collate(["a", "b"]), default_collate([True, False]))
print(
    default_collate([np.float64(1.5), np.float64(2)]), default_collate([(1, np.zeros(2)), (2, np.ones(2))])[1].shape[1]
)


class Stream(torch.utils.data.IterableDataset):
    def __init__(self, start, end):
        super().__init__()
        assert end > start
        self.start, self.end = start, end

    def __iter__(self):
        worker_info = torch.utils.data.get_worker_info()
        assert worker_info is None
        return iter(range(self.start, self.end))


print([b.tolist() for b in DataLoader(Stream(3, 8), batch_size=2)], list(DataLoader(Stream(3, 5), batch_size=None)))
loader = DataLoader(numbers, batch_size=4, shuffle=True, drop_last=True, pin_memory=False, persistent_workers=False)
print(len(loader), loader.batch_size, loader.drop_last, len(loader.dataset), type(loader.sampler).__name__)
g = torch.Generator()
g.manual_seed(0)
one = [x.tolist() for x, _ in DataLoader(numbers, batch_size=7, shuffle=True, generator=g)]
g.manual_seed(0)
print(one == [x.tolist() for x, _ in DataLoader(numbers, batch_size=7, shuffle=True, generator=g)], sorted(one[0]))
for epoch in range(2):
    it = iter(DataLoader(numbers, batch_size=3))
    while True:
        try:
            xb, yb = next(it)
        except StopIteration:
            break
    print(epoch, xb, len(xb))


def cycle(loader):
    while True:
        for batch in loader:
            yield batch


steps = cycle(DataLoader(numbers, batch_size=3))
print([next(steps)[0][0].item() for _ in range(5)])
