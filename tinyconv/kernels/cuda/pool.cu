// Max pooling; see tinyconv/kernels/pool/maximum.py.  A tap is a cell's number in its window, in C order.

// y, taps: (planes, out).  Of equal cells the first wins, NaN beats every number, the first NaN wins.
extern "C" __global__ void max_pool(index_t count, const value_t* x, value_t* y, tap_t* taps, WINDOW_PARAMETERS) {
    index_t i = this_element();
    if (i >= count) return;
    Window window = WINDOW;
    Place o = place_of(i, window.out);
    const value_t* plane = x + o.plane * cells_in(window.in);
    int none = taps_in(window.kernel), winner = none;  // none: no real cell seen yet
    sum_t best = -infinity();
    for (int td = 0; td < window.kernel.d; ++td) {
        int d = cell_of(o.d, td, window.stride.d, window.low.d, window.dilation.d);
        if (!inside(d, window.in.d)) continue;
        for (int th = 0; th < window.kernel.h; ++th) {
            int h = cell_of(o.h, th, window.stride.h, window.low.h, window.dilation.h);
            if (!inside(h, window.in.h)) continue;
            for (int tw = 0; tw < window.kernel.w; ++tw) {
                int w = cell_of(o.w, tw, window.stride.w, window.low.w, window.dilation.w);
                if (!inside(w, window.in.w)) continue;
                sum_t cell = (sum_t)plane[cell_number(window.in, d, h, w)];
                if (winner == none || cell > best || (is_nan(cell) && !is_nan(best))) {
                    best = cell;
                    winner = (int)cell_number(window.kernel, td, th, tw);
                }
            }
        }
    }
    y[i] = (value_t)best;
    taps[i] = (tap_t)winner;
}

// y: (planes, out), the cell of x that each window's tap names; 0 where no cell won.
extern "C" __global__ void take_taps(index_t count, const value_t* x, const tap_t* taps, value_t* y,
                                     WINDOW_PARAMETERS) {
    index_t i = this_element();
    if (i >= count) return;
    Window window = WINDOW;
    Place o = place_of(i, window.out);
    // the tap that no cell has counts on as the first tap, which then lies in the padding as all others do
    Place tap = place_of((index_t)taps[i], window.kernel);
    int d = cell_of(o.d, tap.d, window.stride.d, window.low.d, window.dilation.d);
    int h = cell_of(o.h, tap.h, window.stride.h, window.low.h, window.dilation.h);
    int w = cell_of(o.w, tap.w, window.stride.w, window.low.w, window.dilation.w);
    bool seen = inside(d, window.in.d) && inside(h, window.in.h) && inside(w, window.in.w);
    y[i] = seen ? x[o.plane * cells_in(window.in) + cell_number(window.in, d, h, w)] : (value_t)0.0f;
}

// gx: (planes, in).  Each cell asks, tap by tap, whether the window that sees it there chose it: no two
// threads write to one place, and the order of the sum is fixed.
extern "C" __global__ void put_taps(index_t count, const value_t* gy, const tap_t* taps, value_t* gx,
                                    WINDOW_PARAMETERS) {
    index_t i = this_element();
    if (i >= count) return;
    Window window = WINDOW;
    Place cell = place_of(i, window.in);
    index_t plane = cell.plane * cells_in(window.out);
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
                index_t o = plane + cell_number(window.out, d, h, w);
                if ((index_t)taps[o] == cell_number(window.kernel, td, th, tw)) sum += (sum_t)gy[o];
            }
        }
    }
    gx[i] = (value_t)sum;
}
