// Depthwise convolution: each input channel has `multiplier` kernels and output channels of its own.
// A matrix product per channel would have so few rows that reading the columns costs more than the sum.

// y: (samples, channels*multiplier, out);  y[n,o,p] = bias[o] + sum over t of w[o,t] * x[n, o/multiplier, p*s + t*d - lo]
extern "C" __global__ void depthwise(index_t count, const value_t* x, const value_t* weight, const value_t* bias,
                                     value_t* y, index_t outputs, index_t multiplier, int has_bias, WINDOW_PARAMETERS) {
    index_t i = this_element();
    if (i >= count) return;
    Window window = WINDOW;
    Place o = place_of(i, window.out);
    index_t output = o.plane % outputs;
    const value_t* plane = x + o.plane / multiplier * cells_in(window.in);
    const value_t* taps = weight + output * taps_in(window.kernel);
    sum_t sum = 0;
    for (int td = 0; td < window.kernel.d; ++td) {
        int d = cell_of(o.d, td, window.stride.d, window.low.d, window.dilation.d);
        if (!inside(d, window.in.d)) continue;
        for (int th = 0; th < window.kernel.h; ++th) {
            int h = cell_of(o.h, th, window.stride.h, window.low.h, window.dilation.h);
            if (!inside(h, window.in.h)) continue;
            for (int tw = 0; tw < window.kernel.w; ++tw) {
                int w = cell_of(o.w, tw, window.stride.w, window.low.w, window.dilation.w);
                if (!inside(w, window.in.w)) continue;
                sum += (sum_t)taps[cell_number(window.kernel, td, th, tw)] *
                       (sum_t)plane[cell_number(window.in, d, h, w)];
            }
        }
    }
    y[i] = (value_t)(has_bias ? sum + (sum_t)bias[output] : sum);
}

// gx: (samples, channels, in), gathered from the windows that see each cell; also the transposed
// convolution, which is why there is a bias, one number per channel.
extern "C" __global__ void depthwise_input_grad(index_t count, const value_t* gy, const value_t* weight,
                                                const value_t* bias, value_t* gx, index_t channels, index_t multiplier,
                                                int has_bias, WINDOW_PARAMETERS) {
    index_t i = this_element();
    if (i >= count) return;
    Window window = WINDOW;
    Place cell = place_of(i, window.in);
    index_t channel = cell.plane % channels;
    sum_t sum = 0;
    for (index_t m = 0; m < multiplier; ++m) {
        const value_t* plane = gy + (cell.plane * multiplier + m) * cells_in(window.out);
        const value_t* taps = weight + (channel * multiplier + m) * taps_in(window.kernel);
        for (int td = 0; td < window.kernel.d; ++td) {
            int d = window_of(cell.d, td, window.stride.d, window.low.d, window.dilation.d, window.out.d);
            if (d < 0) continue;
            for (int th = 0; th < window.kernel.h; ++th) {
                int h = window_of(cell.h, th, window.stride.h, window.low.h, window.dilation.h, window.out.h);
                if (h < 0) continue;
                for (int tw = 0; tw < window.kernel.w; ++tw) {
                    int w = window_of(cell.w, tw, window.stride.w, window.low.w, window.dilation.w, window.out.w);
                    if (w < 0) continue;
                    sum += (sum_t)taps[cell_number(window.kernel, td, th, tw)] *
                           (sum_t)plane[cell_number(window.out, d, h, w)];
                }
            }
        }
    }
    gx[i] = (value_t)(has_bias ? sum + (sum_t)bias[channel] : sum);
}

// partial: (outputs, taps, samples, rows), rows = out.d*out.h.  A weight's gradient is one long sum over samples
// and cells, and there are few weights: a thread each would leave a GPU idle.  So one thread sums one
// row of one sample, and the caller adds up the last two axes.
extern "C" __global__ void depthwise_weight_grad(index_t count, const value_t* x, const value_t* gy, sum_t* partial,
                                                 index_t samples, index_t outputs, index_t multiplier, WINDOW_PARAMETERS) {
    index_t i = this_element();
    if (i >= count) return;
    Window window = WINDOW;
    Size rows = {(int)samples, window.out.d, window.out.h};
    Place row = place_of(i, rows);  // row.d: the sample, (row.h, row.w): the row, row.plane: output and tap
    Place tap = place_of(row.plane, window.kernel);
    index_t plane = (index_t)row.d * outputs + tap.plane;
    int d = cell_of(row.h, tap.d, window.stride.d, window.low.d, window.dilation.d);
    int h = cell_of(row.w, tap.h, window.stride.h, window.low.h, window.dilation.h);
    sum_t sum = 0;
    if (inside(d, window.in.d) && inside(h, window.in.h)) {
        const value_t* cells = x + plane / multiplier * cells_in(window.in) + cell_number(window.in, d, h, 0);
        const value_t* arrived = gy + plane * cells_in(window.out) + cell_number(window.out, row.h, row.w, 0);
        for (int o = 0; o < window.out.w; ++o) {
            int w = cell_of(o, tap.w, window.stride.w, window.low.w, window.dilation.w);
            if (inside(w, window.in.w)) sum += (sum_t)arrived[o] * (sum_t)cells[w];
        }
    }
    partial[i] = sum;
}
