"""What CuPy's signatures do not tell: facts read off its sources (14.2) by hand."""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Parameters that must be host values: CuPy needs them to plan the launch.
HOST_PARAMETERS = _names(
    """shape newshape axis axes axis1 axis2 source destination shift pad_width strides k N M num
    indices_or_sections window_shape dims size decimals kth start stop step ndmin repeats"""
)

# Parameters that must be device arrays: as first one always; later ones may be scalars, never lists.
DEVICE_PARAMETERS = _names("a x arr array ary b v m A B condition indices values y")

# Functions that take host data to the device.
UPLOADING = _names("array asarray asanyarray ascontiguousarray asfortranarray")

# Functions that read a count, or a check of their arguments, back from the device at every call.
SYNCHRONIZING = _names("nonzero flatnonzero argwhere unique bincount compress extract choose sliding_window_view")

# Functions whose answer is a host value.
HOST_RESULTS = _names(
    """result_type can_cast min_scalar_type common_type isscalar shape ndim size
    may_share_memory shares_memory iscomplexobj isrealobj"""
)

# Functions of NumPy that warn through the warnings module, where a GPU says nothing.
WARNING = _names("mean var std nanmean nanvar nanstd nanmax nanmin nanmedian median")

# The dtype characters that each ufunc.at takes: cupy/_core/_routines_indexing.pyx, _scatter_op_single.
AT_DTYPES = {
    "add": _names("i l I L e f d q Q"),
    "sub": _names("i I"),
    "max": _names("i l I L f d q Q"),
    "min": _names("i l I L f d q Q"),
    "and": _names("i l I L q Q"),
    "or": _names("i l I L q Q"),
    "xor": _names("i l I L q Q"),
}

# Values of a parameter that CuPy answers with an error.
REFUSED_VALUES = {
    "pad.mode": ("median",),
    "sliding_window_view.writeable": (True,),
    "astype.subok": (True, False),
    "astype.casting": ("no", "equiv", "safe", "same_kind"),
}
