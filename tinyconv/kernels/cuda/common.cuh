// What all kernels share.  program.py puts four typedefs in front of this text:
//   value_t  what the arrays hold: __half, float or double
//   sum_t    what sums are taken in: float for __half, else value_t
//   tap_t    the unsigned type of a pooling's taps
//   index_t  int while every array has fewer than 2^31 elements (faster), else long long

// One thread computes one element: this is its number.  Threads of the last block may have none.
__device__ inline index_t this_element() {
    return (index_t)blockIdx.x * (index_t)blockDim.x + (index_t)threadIdx.x;
}

// --- windows of one to three spatial axes; missing axes come first and have size 1 ---

struct Size {
    int d, h, w;
};

struct Window {
    Size in, out, kernel, stride, low, dilation;  // low: the padding before the first cell
};

// A Window travels as 18 ints: plain numbers are what every launcher passes alike.
#define SIZE_PARAMETERS(s) int s##_d, int s##_h, int s##_w
#define WINDOW_PARAMETERS                                                                                \
    SIZE_PARAMETERS(in), SIZE_PARAMETERS(out), SIZE_PARAMETERS(kernel), SIZE_PARAMETERS(stride),         \
        SIZE_PARAMETERS(low), SIZE_PARAMETERS(dilation)
#define SIZE(s) {s##_d, s##_h, s##_w}
#define WINDOW {SIZE(in), SIZE(out), SIZE(kernel), SIZE(stride), SIZE(low), SIZE(dilation)}

// The cell that window `o` of an axis sees at tap `t`; it may lie in the padding.
__device__ inline int cell_of(int o, int t, int stride, int low, int dilation) {
    return o * stride + t * dilation - low;
}

// The window that sees cell `i` at tap `t`, or -1: there the division by the stride leaves a rest.
__device__ inline int window_of(int i, int t, int stride, int low, int dilation, int out) {
    int start = i + low - t * dilation;
    if (start < 0 || start % stride != 0) return -1;
    int o = start / stride;
    return o < out ? o : -1;
}

__device__ inline bool inside(int i, int size) { return 0 <= i && i < size; }

__device__ inline int taps_in(Size kernel) { return kernel.d * kernel.h * kernel.w; }

__device__ inline index_t cells_in(Size size) { return (index_t)size.d * size.h * size.w; }

__device__ inline index_t cell_number(Size size, int d, int h, int w) {
    return ((index_t)d * size.h + h) * size.w + w;
}

// Where an element of a (planes, d, h, w) array lies.
struct Place {
    index_t plane;
    int d, h, w;
};

__device__ inline Place place_of(index_t i, Size size) {
    Place place;
    place.w = (int)(i % size.w);
    i /= size.w;
    place.h = (int)(i % size.h);
    i /= size.h;
    place.d = (int)(i % size.d);
    place.plane = i / size.d;
    return place;
}

// "Not a number" is what differs from itself.
__device__ inline bool is_nan(sum_t x) { return x != x; }

__device__ inline sum_t infinity() { return (sum_t)__int_as_float(0x7f800000); }

__device__ inline sum_t not_a_number() { return (sum_t)__int_as_float(0x7fffffff); }
