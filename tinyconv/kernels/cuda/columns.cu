// Columns added back onto their windows; see col2im in tinyconv/kernels/conv_simple.py.

// columns: (planes, taps, out);  x: (planes, in).  Each cell gathers what all columns hold of it, tap by tap: a fixed order.
extern "C" __global__ void col2im(index_t count, const value_t* columns, value_t* x, WINDOW_PARAMETERS) {
    index_t i = this_element();
    if (i >= count) return;
    Window window = WINDOW;
    Place cell = place_of(i, window.in);
    index_t first = cell.plane * taps_in(window.kernel), size = cells_in(window.out);
    sum_t sum = 0;
    for (int td = 0; td < window.kernel.d; ++td) {
        int d = window_of(cell.d, td, window.stride.d, window.low.d, window.dilation.d, window.out.d);
        if (d < 0) continue;
        for (int th = 0; th < window.kernel.h; ++th) {
            int h = window_of(cell.h, th, window.stride.h, window.low.h, window.dilation.h, window.out.h);
            if (h < 0) continue;
            for (int tw = 0; tw < window.kernel.w; ++tw) {
                int w = window_of(cell.w, tw, window.stride.w, window.low.w, window.dilation.w, window.out.w);
                if (w < 0) continue;
                index_t row = first + cell_number(window.kernel, td, th, tw);
                sum += (sum_t)columns[row * size + cell_number(window.out, d, h, w)];
            }
        }
    }
    x[i] = (value_t)sum;
}
