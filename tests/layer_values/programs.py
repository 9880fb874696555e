"""Layers and functions of networks, each as a function of one input: ``F`` is ``nn.functional``, ``t`` the library."""

from __future__ import annotations

ACTIVATIONS = [
    "F.relu6(x * 3)", "F.hardtanh(x)", "F.hardtanh(x, -0.5, 2.)", "F.hardsigmoid(x * 2)", "F.hardswish(x * 2)",
    "F.threshold(x, 0.5, -9.)", "F.softshrink(x)", "F.softshrink(x, 1.)", "F.hardshrink(x)", "F.selu(x)", "F.celu(x)",
    "F.celu(x, 2.5)", "F.mish(x)", "F.logsigmoid(x)", "F.softsign(x)", "F.tanhshrink(x)", "F.softmin(x, 1)",
    "F.glu(x, 1)", "F.glu(x)",
]  # fmt: skip
CELLS = [
    "F.normalize(x)", "F.normalize(x, 1., -1)", "F.normalize(x, 3., 2)", "F.rms_norm(x, (6,))",
    "F.rms_norm(x, (5, 6), eps=0.1)", "F.local_response_norm(x, 2)", "F.local_response_norm(x, 3, 0.5, 0.6, 2.)",
    "F.cosine_similarity(x, x.flip(3))", "F.cosine_similarity(x, x[:1].cos(), -1)", "F.pairwise_distance(x, x.flip(2))",
    "F.pairwise_distance(x, x.cos(), 1., 0.1, True)", "F.pixel_shuffle(x, 2)", "F.pixel_unshuffle(x[:, :, :4], 2)",
    "F.embedding(t.tensor([[2, 0], [1, 2]], device=x.device), x[0, 0])",
]  # fmt: skip
LOSSES = [
    "F.margin_ranking_loss(x, x.flip(3), x.detach().sign(), 0.3)",
    "F.hinge_embedding_loss(x, x.detach().flip(3).sign(), 0.7, reduction='none')",
    "F.soft_margin_loss(x, x.detach().flip(2).sign(), reduction='sum')",
    "F.cosine_embedding_loss(x[0, 0], x[0, 1], x.detach()[0, 2, :, 0].sign(), 0.1)",
    "F.cosine_embedding_loss(x[0, 0], x[0, 1], x.detach()[0, 2, :, 0].sign(), reduce=False)",
    "F.triplet_margin_loss(x[0, 0], x[0, 1], x[0, 2], 2.0)",
    "F.triplet_margin_loss(x[0, 0], x[0, 1], x[0, 2], 5.0, 3.0, swap=True, reduction='none')",
    "F.kl_div(x, x.cos().square(), reduction='batchmean')", "F.kl_div(x, x.sin(), size_average=False, log_target=True)",
    "F.poisson_nll_loss(x, x.exp(), full=True)", "F.poisson_nll_loss(x.exp(), x.abs(), False)",
    "F.gaussian_nll_loss(x, x.flip(3), x.exp(), full=True)", "F.gaussian_nll_loss(x, x.flip(3), x[..., 0].exp())",
    "F.gaussian_nll_loss(x, x.flip(2), 0.5, reduction='none')",
    "F.multi_margin_loss(x[0, 0], t.tensor([2, 0, 5, 5, 1], device=x.device))",
    "F.multi_margin_loss(x[0, 0], t.tensor([2, 0, 5, 5, 1], device=x.device), 2, 0.3, "
    "t.tensor([1., 0.5, 2., 3., 0.25, 0.75], device=x.device, dtype=t.float64))",
    "F.multi_margin_loss(x[0, 0], t.tensor([2, 0, 5, 5, 1], device=x.device), reduction='none')",
    "F.multi_margin_loss(x[0, 0, 0], t.tensor(3, device=x.device), size_average=False)",
    "F.multilabel_margin_loss(x[0, 0, :3], t.tensor([[2, 0, -1, 1, 1, 5], [5, 5, 1, -1, 0, 0], [-1, 0, 0, 0, 0, 0]],"
    " device=x.device))",
    "F.multilabel_margin_loss(x[0, 0, 0], t.tensor([2, 0, 1, 3, 4, 5], device=x.device), reduction='none')",
    "F.bilinear(x[:, 0], x[:, 1, :, :4], x[0, :3, :4].permute(0, 2, 1), x[0, 0, 0, :3])",
    "F.bilinear(x[0, 0, 0], x[0, 1, 0, :4], x[0, :3, :4].permute(0, 2, 1))",
]  # fmt: skip
SIZES = ["size=(7, 4)", "size=(3, 9)", "scale_factor=2", "scale_factor=(1.5, 0.6)", "size=(1, 1)", "size=(5, 12)"]
RESIZED = [
    *(
        f"F.interpolate(x, {size}, mode='{mode}')"
        for size in SIZES
        for mode in ("nearest-exact", "bilinear", "bicubic")
    ),
    *(f"F.interpolate(x, {size}, mode='{m}', align_corners=True)" for size in SIZES for m in ("bilinear", "bicubic")),
    *(f"F.interpolate(x, {size}, mode='area')" for size in SIZES),
    "F.interpolate(x, scale_factor=1.7, mode='bilinear', recompute_scale_factor=True)",
    "F.interpolate(x, scale_factor=0.7, mode='nearest', recompute_scale_factor=True)",
    "F.interpolate(x[0], size=9, mode='linear')",
    "F.interpolate(x[None], scale_factor=(2, 1.2, 0.5), mode='trilinear')",
    "F.interpolate(x[None], size=(3, 7, 5), mode='trilinear', align_corners=True)",
    "F.interpolate(x[None], size=(3, 7, 5), mode='area')",
    "F.upsample_bilinear(x, scale_factor=2)",
]
PADDED = [
    f"F.pad(x[0], {pad}, mode='{mode}')"
    for mode in ("reflect", "replicate", "circular")
    for pad in ("(-1, 1)", "(1, -1)", "(-1, -2)", "(-3, 2)", "(3, -2)", "(-1, 2, 1, -2)", "(2, -1, -1, -1)")
]
NOT_THE_SLOPE = ["F.embedding(t.tensor([2, 0, 2], device=x.device), x[0, 0], padding_idx=-3)"]  # a gradient left out
SMOOTH = [*ACTIVATIONS, *CELLS, *LOSSES, *RESIZED, *PADDED]
PROGRAMS = [*SMOOTH, *NOT_THE_SLOPE]
