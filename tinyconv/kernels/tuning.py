"""The measured constants of the kernels.  They change the speed, and no result but in its last bits.

Measured on two cores of an Intel Sapphire Rapids, of an AMD Zen 4 and of a Zen 5, with OpenBLAS 0.3.31, in November
2026; ``docs/benchmarks.md`` tells how.
"""

from __future__ import annotations

# --- memory -----------------------------------------------------------------------------------------

LINE_BYTES = 64  # of a cache line, where vector instructions like an array to begin
LINE_CELLS = 16  # a tile's columns are not cut shorter than this
TILE_BYTES = 1 << 23  # lowered cells of one tile, or columns of some samples: with 2 MiB threads wait more
CHUNK_BYTES = 1 << 26  # the simple kernels: columns made at a time, of at least one sample
POOL_BYTES = 1 << 21  # max pooling: of the input at once; for two threads the best of 256 KiB to 2 MiB
PART_CELLS = 1 << 19  # normalisation: of the input at once
STEP_CELLS = 1 << 17  # optimisers: of an array at once; six float32 arrays of this many fill 3 MiB

# --- sums -------------------------------------------------------------------------------------------

SUM_CHAIN = 16  # float32 rows added one after the other, up to twice as many: fewer take more time, more lose digits
SUM_CELLS = 1 << 11  # rows are added side by side until they are as long as this
SHARED_SUM = 1 << 21  # float32 values; more are cut into parts of as many, for threads
SQUARES = 512  # multiplied and added in one product of BLAS
SMALL_SUM = 1 << 12  # so few values are added in float64 and take little more time

# --- threads ----------------------------------------------------------------------------------------

PASS_WORK = 16  # going over a number takes as long as so many multiplications of a product
SMALL_WORK = 1 << 23  # multiplications; fewer take no longer than waking a thread and waiting for it
SHARE_WORK = 1 << 27  # in a thread's piece; with fewer, threads wait for the interpreter's lock more often
LANES = 16  # weight gradient: partial sums, each over its own tiles in order
LANE_BYTES = 1 << 24  # memory they may take together

# --- matrix products --------------------------------------------------------------------------------

SMALL_GEMM = 100**3  # OpenBLAS skips packing up to so many products
GEMM_COLUMNS = 128  # width of a piece of a GEMM that is cut to be small; half of it for long sums
LONG_DEPTH = 288  # cells under a kernel, from which on a sum is long

# --- which form of the convolution, and its tiles ---------------------------------------------------

FEW_CELLS = 27  # up to so many cells under a kernel, whole windows are copied: a 3x3 kernel on three channels
FEW_STRIDED = 147  # with a stride, where fewer windows share a copied row: a 7x7 kernel on three channels
MORE_CELLS = 75  # and up to so many where more kernels share them: a 5x5 kernel on three channels
FEW_KERNELS = 8  # where fewer kernels share them, the copies do not pay; of MORE_CELLS, as many for each channel
SMALL_PLANE = 256  # up to so many cells in an output plane, samples are laid out channels last
LONG_RUN = 12  # where so many cells of a window, or more, then follow one another
WIDE = 2048  # and as many samples are taken together as have so many places, or a quarter of the batch
SAMPLE_BYTES = 1 << 23  # copied windows of those samples, or of one: where it would take more, it is cut into tiles
NARROW = 16  # and where output rows are shorter than this
ROW_COLUMNS = 64  # output rows from this on are
LONG_SUM = 1024  # weight gradient: sums are not cut shorter than this to make a GEMM small
