"""Schedules to be made by PyTorch and by tinyconv: ``S`` is ``lr_scheduler``, ``o`` an optimiser of two groups."""

from __future__ import annotations

PROGRAMS = [
    "S.MultiplicativeLR(o, lambda epoch: 0.9 + 0.01 * epoch)",
    "S.MultiplicativeLR(o, [lambda epoch: 0.5, lambda epoch: 1.1])",
    "S.ConstantLR(o)",
    "S.ConstantLR(o, factor=0.25, total_iters=3)",
    "S.LinearLR(o)",
    "S.LinearLR(o, start_factor=1.0, end_factor=0.1, total_iters=7)",
    "S.LinearLR(o, start_factor=0.2, end_factor=0.0, total_iters=4)",
    "S.PolynomialLR(o)",
    "S.PolynomialLR(o, total_iters=6, power=2.5)",
    "S.PolynomialLR(o, 4, 0.0)",
    "S.CosineAnnealingWarmRestarts(o, 3)",
    "S.CosineAnnealingWarmRestarts(o, T_0=2, T_mult=2, eta_min=0.01)",
    "S.CosineAnnealingWarmRestarts(o, T_0=1, T_mult=3)",
    "S.CyclicLR(o, 0.1, 1.0, step_size_up=3)",
    "S.CyclicLR(o, [0.1, 0.2], [1.0, 3.0], step_size_up=2, step_size_down=5, mode='triangular2')",
    "S.CyclicLR(o, 0.1, 1.0, 3, mode='exp_range', gamma=0.9, base_momentum=0.6, max_momentum=0.95)",
    "S.CyclicLR(o, 0.1, 1.0, 3, scale_fn=lambda x: 1 / x, cycle_momentum=False)",
    "S.CyclicLR(o, 0.1, 1.0, 3, scale_fn=lambda x: 0.9**x, scale_mode='iterations')",
    "S.SequentialLR(o, [S.ConstantLR(o, 0.1, 20), S.ExponentialLR(o, 0.9)], milestones=[4])",
    "S.SequentialLR(o, [S.LinearLR(o, 0.1, total_iters=3), S.CosineAnnealingLR(o, 9)], [3])",
    "S.SequentialLR(o, [S.ExponentialLR(o, 0.5), S.StepLR(o, 2), S.MultiStepLR(o, [2, 3])], [3, 7])",
    "S.SequentialLR(o, [S.ExponentialLR(o, 0.5), S.LambdaLR(o, lambda epoch: 1 / (1 + epoch))], [4])",
    "S.SequentialLR(o, [S.ExponentialLR(o, 0.5), S.MultiplicativeLR(o, lambda epoch: 0.8)], [4])",
    "S.SequentialLR(o, [S.ExponentialLR(o, 0.5), S.PolynomialLR(o), S.ConstantLR(o)], [2, 5])",
    "S.SequentialLR(o, [S.LinearLR(o), S.CosineAnnealingWarmRestarts(o, 3, 2)], [5])",
    "S.ChainedScheduler([S.ConstantLR(o, 0.1, 4), S.ExponentialLR(o, 0.9)])",
    "S.ChainedScheduler([S.StepLR(o, 3), S.LinearLR(o), S.CosineAnnealingLR(o, 5)], optimizer=o)",
]
VALUES = [3.0, 2.0, 2.5, 1.9999, 1.5, 1.6, 1.7, 1.8, 1.5, 1.4999, 1.49, -1.0, -1.0, 0.0, 4.0, 5.0, 5.1, 5.0, 1.0, 1.0]
PLATEAUS = [
    "S.ReduceLROnPlateau(o)",
    "S.ReduceLROnPlateau(o, patience=0)",
    "S.ReduceLROnPlateau(o, 'max', 0.5, 1)",
    "S.ReduceLROnPlateau(o, factor=0.3, patience=1, threshold=0.01, threshold_mode='abs', cooldown=2)",
    "S.ReduceLROnPlateau(o, 'max', 0.5, 0, threshold=0.2, threshold_mode='abs', min_lr=[0.2, 0.05])",
    "S.ReduceLROnPlateau(o, factor=0.5, patience=0, min_lr=0.1, eps=0.2, cooldown=1)",
]
