"""Functions on tensors as PyTorch and tinyconv both take them.

In each, ``t`` is the library, ``T`` its ``tensor`` on the device under test; the other names are helpers of
:mod:`tests.signatures.record`.
"""

from __future__ import annotations

A = "T([[3., -1., 2.], [0.5, 4., -2.5]])"
B = "T([[1., 2., -1.], [0.25, -3., 2.]])"
P = "T([[0.3, 0.1, 0.9], [0.5, 0.4, 0.25]])"
V = "T([3., 1., 2., 1.])"
N = "T([1., float('nan'), float('inf'), -float('inf'), -2.5])"
I = "T([[3, -1, 2], [0, 4, 2]])"  # noqa: E741

GROUPS: dict[str, list[str]] = {
    "one by one": [
        *(f"t.{f}({x})" for f in ["tan", "sinh", "cosh", "asinh", "atan", "exp2", "reciprocal", "floor", "ceil",
        "trunc", "fix", "round", "frac"]
          for x in (A, "T([-0.5, 0.5, 1.5, 2.5])", "t.ones(0)")),
        *(f"t.{f}({I})" for f in ["tan", "exp2", "floor", "ceil", "trunc", "round", "frac", "reciprocal", "isfinite",
        "isinf"]),
        *(f"t.{f}({P})" for f in ["asin", "acos", "atanh", "log2", "log10"]),
        "t.acosh(T([1., 2.]))", "t.floor(T([True]))", f"t.round({P}, decimals=1)",
        "t.round(T([123.]), decimals=-1)", "t.round(T([1]), decimals=1)",
        *(f"t.{f}({A}, {B})" for f in ["atan2", "hypot", "fmod", "isclose", "logical_and", "logical_or",
        "logical_xor"]),
        f"t.fmod({I}, 2)", f"t.fmod({I}, 0)", f"t.fmod({A}, -1.5)", f"{I}.float().fmod_(2)", f"t.logical_not({I})",
        f"t.logical_and({A}, 2)", f"t.nan_to_num({N})", f"t.nan_to_num({N}, 1., 2., 3.)", f"t.nan_to_num({I})",
        f"t.isfinite({N})", f"t.isinf({N})", f"t.isclose({N}, {N})", f"t.isclose({N}, {N}, equal_nan=True)",
        f"t.allclose({A}, {A} + 1e-7)", f"t.allclose({A}, {B})", f"t.equal({A}, {A})", f"t.equal({A}, {V})",
        "t.isclose(T([1, 2]), T([1, 3]))", "t.allclose(T([1.]), T([1]))", f"t.count_nonzero({I}, 1)",
        f"t.count_nonzero({I})", "t.atan2(T([0., 1.]), T([0., 0.]))",
        f"{A}.floor_()", f"{A}.round_()", f"{A}.clip_(0, 1)", f"{P}.log2_()", f"{A}.eq_(3.)",
        f"{A}.masked_fill_({A} > 0, 9.)", f"{A}.tril_()", f"{A}.addcmul_({A}, {B}, value=2)",
    ],
    "products": [
        f"t.mm({A}, {B}.T)", f"t.mm({A}, {B})", f"t.mm({V}, {A})", f"t.mv({A}, T([1., 2., 3.]))", f"t.dot({V}, {V})",
        f"t.dot({A}, {A})", f"t.outer({V}, T([1., 2.]))", f"t.outer({A}, {V})",
        "t.bmm(t.ones(2, 2, 3), t.ones(2, 3, 1))",
        "t.bmm(t.ones(2, 2, 3), t.ones(3, 3, 1))", f"t.addmm(T([1., 2.]), {A}, {B}.T, beta=0.5, alpha=2)",
        f"t.addmm(T(float('nan')), {A}, {B}.T, beta=0)", "t.baddbmm(t.ones(1), t.ones(2, 2, 3), t.ones(2, 3, 1))",
        f"t.addcmul({A}, {A}, {B}, value=0.5)", f"t.addcdiv({A}, {A}, {B}, value=0.5)", f"t.lerp({A}, {B}, 0.25)",
        f"t.lerp({A}, {B}, {P})", f"t.rsub({A}, 2, alpha=3)", f"t.tensordot({A}, {B}, ([0, 1], [0, 1]))",
        f"t.tensordot({A}, {B}.T, 1)", f"t.tensordot({A}, {B}, 0)", f"t.tensordot({A}, {B}, 1)", f"t.kron({A}, {B})",
        f"t.cdist({A}, {B})", f"t.cdist({A}, {B}, 1.)", f"t.cdist({A}, {B}, float('inf'))", f"t.dist({A}, {B}, 3)",
        *(f"t.einsum('{e}', {A}, {B})" for e in ("ij,ij->", "ij,ij->ij", "ij,kj->ik", "ij,kj", "ij,kl->jl", "ij,ij",
          "...j,...j->...", "ij,jk->ik", "ij,kj->iz", "i j , k j -> k i")),
        f"t.einsum('ij->ji', {A})", f"t.einsum('ij->j', {A})", f"t.einsum('ii', {A}[:, :2])",
        f"t.einsum('ii->i', {A}[:, :2])", f"t.einsum('ijk', {A})", f"t.einsum('ab,cb,cd->ad', {A}, {B}, {A})",
        f"t.einsum('...ij,jk->...ik', t.ones(2, 2, 3), {A}.T)", f"t.einsum('ij,j->i', {A}, T([1., 2., 3.]))",
        f"t.trace({A})",
    ],
    "running and sorting": [
        *(f"t.{f}({x}, {d})" for f in ("cumsum", "cumprod", "cummax", "cummin") for x in (A, I, "T(2.)")
          for d in (0, -1, 2)),
        f"t.cummax({N}, 0)", f"t.cummin({N}, 0)", "t.cummax(T([1., 3., 3., 2.]), 0)", "t.cumsum(T([True, True]), 0)",
        f"t.cumsum({I}, 1, dtype=t.float32)", "t.cumprod(T([2., 0., 3., 0.]), 0)",
        *(f"t.sort({x}, {d})" for x in (A, I, N, "T(2.)") for d in ("-1", "0", "descending=True")),
        f"t.argsort({A}, 0, True)", f"t.sort({V}, stable=True)", f"t.sort({V}, stable=True, descending=True)",
        f"t.topk({A}, 2)", f"t.topk({A}, 1, 0, largest=False)", f"t.topk({V}, 5)", f"t.topk({N}, 2)",
        f"t.kthvalue({A}, 2)", f"t.kthvalue({A}, 1, 0, True)", f"t.kthvalue({A}, 0)", f"t.median({A})",
        f"t.median({N})",
        f"t.median({A}, 1)", f"t.median({A}, 0, True)", "t.median(T([[1., float('nan')], [1., 2.]]), 1)",
        "t.median(t.ones(0))", "t.median(T([4, 2]))", f"t.mode({I})", "t.mode(T([[1, 2, 2, 3, 3], [5, 4, 4, 5, 1]]))",
        "t.mode(T([[1, 2], [1, 3]]), 0, True)", f"t.unique({V})", f"t.unique({V}, True, True, True)",
        "t.unique(T([[1, 2], [1, 2], [0, 1]]), dim=0, return_inverse=True, return_counts=True)",
        "t.unique(T([[3, 1], [1, 2]]), return_inverse=True)", "t.searchsorted(T([1., 3., 5.]), T([3., 6.]))",
        "t.searchsorted(T([1., 3., 5.]), T([3., 6.]), right=True)", "t.searchsorted(T([1., 3., 5.]), 3.)",
        "t.searchsorted(T([[1, 3], [2, 4]]), T([[3], [3]]))", "t.searchsorted(T([1., 3.]), T([3.]), side='right')",
        "t.bucketize(T([[0, 3], [9, 1]]), T([1, 3, 5]))", "t.bucketize(T([3]), T([1, 3]), right=True, out_int32=True)",
        *(f"t.quantile({A}, {q})" for q in ("0.3", "T([0.1, 0.75])", "0.3, 1", "T([0.1, 0.75]), 0, True",
          "0.4, interpolation='lower'", "0.4, interpolation='nearest'", "1.5", "0.5, None, True")),
        f"t.quantile({N}, 0.5)", f"t.quantile({I}, 0.5)",
    ],
    "gathering": [
        f"t.gather({A}, 1, T([[0, 0], [2, 1]]))", f"t.gather({A}, 0, T([[1, 0, 1]]))", f"t.gather({A}, 0, T([0]))",
        f"t.gather({A}, 0, T([[0, 0, 0, 0]]))", f"t.gather({A}, 0, T([[0.]]))", f"t.gather({A}, 1, T([[3]]))",
        f"t.gather({A}, 1, T([[-1]]))", "t.gather(T(2.), 0, T(0))", f"t.scatter({A}, 1, T([[0], [2]]), 7.)",
        f"t.scatter({A}, 1, T([[0], [2]]), {B})", f"t.scatter({A}, 0, T([[0, 1, 0]]), {B})",
        f"t.scatter({A}, 1, T([[4]]), 1.)", f"t.scatter({V}, 0, T([1, 2]), T([1.]))",
        f"t.scatter({V}, 0, T([1]), T([1]))",
        f"{A}.scatter_(1, T([[0], [2]]), value=7.)", f"t.scatter_add({A}, 1, T([[0, 0], [2, 1]]), {B})",
        f"t.scatter_add({I}, 1, T([[0, 0], [2, 1]]), {I})", f"{A}.scatter_add_(0, T([[0, 0, 1]]), {B})",
        f"t.index_select({A}, 1, T([2, 0, 2]))", f"t.index_select({A}, 0, T([3]))", f"t.index_select({A}, 0, T([-1]))",
        f"t.index_add({A}, 1, T([2, 2]), t.ones(2, 2), alpha=3)", f"t.index_add({A}, 1, T([2, 1]), t.ones(2, 1))",
        f"t.index_fill({A}, 1, T([0, -1]), 5.)", f"t.index_fill({A}, 1, T([4]), 5.)",
        f"t.index_copy({A}, 0, T([1]), {B}[:1])", f"t.index_put({V}, (T([0, 0]),), T([1., 2.]), True)",
        f"{A}.index_put_((T([0, 1]), T([2, 0])), T([9., 8.]))", f"t.masked_select({A}, {A} > 0)",
        f"t.masked_select({A}, T([True, False, True]))", f"t.masked_select({A}, {I})",
        f"t.take({A}, T([[0, 5], [-1, 2]]))",
        f"t.take({A}, T([6]))", f"t.nonzero({I})", f"t.nonzero({I}, as_tuple=True)", f"t.argwhere({I})",
        "t.nonzero(T(3.))", "t.nonzero(T(0.), as_tuple=True)",
    ],
    "rearranging": [
        f"{A}.repeat(2, 1)", f"{A}.repeat(2, 1, 2)", f"{A}.repeat(2)", f"{A}.repeat(2, -1)", f"t.tile({A}, (2,))",
        f"t.tile({A}, (2, 1, 2))", f"t.repeat_interleave({A}, 2)", f"t.repeat_interleave({A}, 2, 1)",
        f"t.repeat_interleave({A}, T([2, 0, 1]), dim=1)", f"t.repeat_interleave({A}, T([2, 1]), dim=1)",
        f"t.repeat_interleave({A}, -1)", f"t.roll({A}, 1)", f"t.roll({A}, (1, -1), (0, 1))",
        f"t.roll({A}, (1, 2), (0,))",
        f"t.roll({A}, 5, 1)", "t.movedim(t.zeros(2, 3, 4), 0, -1)", "t.movedim(t.zeros(2, 3, 4), (0, 1), (2, 0))",
        "t.movedim(t.zeros(2, 3), (0, 1), (0,))", "t.moveaxis(t.zeros(2, 3), 0, 1)", f"t.swapaxes({A}, 0, 1)",
        f"t.swapdims({A}, 0, 1)", f"t.ravel({A})", f"t.fliplr({A})", f"t.flipud({A})", f"t.fliplr({V})",
        *(f"t.rot90({I}, {k})" for k in (-1, 0, 1, 2, 3, 5)), f"t.rot90({I}, 1, (1, 0))", f"t.rot90({I}, 1, (0, 0))",
        f"t.select({A}, 1, -1)", f"t.select({A}, 1, 3)", f"t.narrow({A}, 1, 1, 2)", f"t.narrow({A}, 1, 2, 2)",
        f"t.narrow({A}, 1, -2, 1)", f"t.unbind({A}, 1)", "t.unbind(T(1.))", f"t.vstack([{A}, {A}[0]])",
        f"t.hstack([{V}, {V}])", f"t.hstack([{A}, {B}])", f"t.dstack([{V}, {V}])", f"t.column_stack([{V}, {V}])",
        "t.vstack([])", f"t.concat([{A}, {B}], 1)", f"t.broadcast_to({V}, (2, 4))", f"t.broadcast_tensors({A}, T(1.))",
        "t.broadcast_tensors(t.ones(2), t.ones(3))", "t.meshgrid(T([1, 2]), T([3, 4, 5]), indexing='xy')",
        "t.meshgrid(T([1, 2]), T([3, 4, 5]), indexing='ij')", "t.meshgrid(T([1]), indexing='xx')",
        *(f"t.{f}({x}, {d})" for f in ("tril", "triu", "diag") for x in (A, I) for d in (-1, 0, 1)),
        f"t.tril({V})", f"t.diag({V}, -1)", "t.diag(t.ones(1, 1, 1))", f"t.tril({A} > 0)", f"t.diagonal({A}, 1)",
        "t.diagonal(t.ones(2, 3, 4), -1, 2, 0)", f"t.diagonal({A}, 9)", f"t.atleast_3d({A})", "t.atleast_2d(T(1.))",
        "t.tril_indices(3, 2, -1)", "t.triu_indices(2, 3, 1)", f"{A}.mT", f"{A}.H", f"{A}.nbytes",
        f"{A}.element_size()",
        f"{A}.new_zeros(2)", "T([1]).new_full((2,), 3)", "T([1]).new_tensor([1.5])", f"t.numel({A})",
    ],
    "statistics": [
        f"t.std_mean({A}, 1)", f"t.var_mean({A}, 0, False)", f"t.var_mean({A})", f"t.aminmax({A}, dim=0)",
        f"t.aminmax({A})", "t.nansum(T([1., float('nan')]))", "t.nanmean(T([[1., float('nan')], [2., 4.]]), 0)",
        "t.bincount(T([0, 2, 2]))", "t.bincount(T([0, 2, 2]), minlength=5)", "t.bincount(T([0, 2]), T([0.5, 1.5]))",
        "t.bincount(T([0, 2]), T([1, 2]))", "t.histc(T([1., 2., 1., 9.]), 4, 0, 3)", "t.histc(T([1., 2., 1.]), 3)",
        "t.histc(T([2., 2.]), 3)",
    ],
    "more": [
        "t.logspace(0.5, 2.7, 4, dtype=t.int64)", "t.logspace(0, 3, 5, base=2, dtype=t.int64)",
        "t.logspace(-1, 1, 3, 2.0)", "t.logspace(1, 2, 1)", "t.logspace(0, 1, 0)", "t.logspace(0, 1, -1)",
        "t.logspace(0, 400, 3)",
        f"t.diag_embed({A})", f"t.diag_embed({V}, 1, 0, 1)", f"t.diag_embed({A}, 0, 0, 2)",
        f"t.diag_embed({V}, -1, 1, 0)",
        f"t.diag_embed({A}, 0, 0, 0)", f"{A}.fill_diagonal_(5)", "t.ones(3, 2).fill_diagonal_(5)",
        "t.zeros(7, 3).fill_diagonal_(5, wrap=True)", "t.zeros(2, 5).fill_diagonal_(5, True)",
        "t.zeros(2, 2, 2).fill_diagonal_(1)", "t.zeros(2, 3, 2).fill_diagonal_(1)", "t.zeros(3).fill_diagonal_(1)",
        f"t.unique_consecutive({V}, True, True)", f"t.unique_consecutive({I}, return_inverse=True)",
        "t.unique_consecutive(T([1, 1, 2, 2, 1]), return_counts=True)",
        "t.unique_consecutive(T([[1, 1], [1, 1], [2, 1]]), dim=0, return_counts=True)",
        "t.unique_consecutive(T([[1, 1], [1, 1], [2, 1]]), dim=1, return_inverse=True)",
        f"t.unique_consecutive({N})", "t.unique_consecutive(T(2.))",
        f"t.masked_scatter({A}, {A} > 0, {B})", f"t.masked_scatter({A}, T([True, False, True]), {V})",
        f"t.masked_scatter({V}, {V} > 2, {I})", f"t.masked_scatter({V}, {V}, {V})",
        f"t.masked_scatter({A}, {A} > 0, {V}[:1])", f"{I}.masked_scatter_({I} > 1, {I})",
    ],
    "gradients": [
        "slope(lambda x: t.median(x) * 3, T([1., 2., 2., 4.]))", "slope(lambda x: t.cumprod(x, 0), T([2., 0., 3.]))",
        "slope(lambda x: t.cummax(x, 0).values, T([2., 2., 1.]))", "slope(lambda x: t.atan2(x, x), T([0., 1.]))",
        "slope(lambda x: t.nan_to_num(x) * 2, T([1., float('nan'), float('inf')]))",
        "slope(lambda x: t.scatter(x, 0, T([1]), x[:1] * 5), T([1., 2., 3.]))",
        "slope(lambda x: t.fmod(T([5., -5.]), x), T([2., 3.]))", "slope(lambda x: t.round(x), T([2., 3.]))",
        "slope(lambda x: t.cdist(x, x), T([[1., 2.], [3., 5.]]))",
        "slope(lambda x: t.topk(x, 2).values, T([1., 3., 2.]))",
        "slope(lambda x: t.std_mean(x)[0], T([1., 3., 2.]))", "slope(lambda x: t.diagonal(x, 1), t.ones(2, 3))",
    ],
}  # fmt: skip

# what is found by looking at values, which on a device would mean waiting for them
ON_THE_HOST = {
    f"t.fmod({I}, 0)", f"t.gather({A}, 1, T([[3]]))", f"t.gather({A}, 1, T([[-1]]))",
    f"t.scatter({A}, 1, T([[4]]), 1.)",
    f"t.index_select({A}, 0, T([3]))", f"t.index_select({A}, 0, T([-1]))", f"t.index_fill({A}, 1, T([4]), 5.)",
    f"t.take({A}, T([6]))", f"t.quantile({A}, 1.5)",
    f"t.masked_scatter({A}, {A} > 0, {V}[:1])",
}  # fmt: skip

PROGRAMS = [program for group in GROUPS.values() for program in group]
