// Adam's step: one pass over memory instead of one per arithmetic operation.  Each thread changes one
// parameter and its state.  The operations and their order are those of tinyconv/optim/adam.py.

// ±g + decay*p
__device__ inline sum_t decayed(sum_t p, sum_t g, sum_t decay, int maximize) {
    if (maximize) g = -g;
    return decay != 0 ? p * decay + g : g;
}

// mean <- mean + (1 - beta1)*(g - mean);  squares <- beta2*squares + (1 - beta2)*g*g
// p <- shrink*p - rate * mean / (sqrt(squares)/root + eps)
// with shrink = 1 - lr*weight_decay (AdamW), rate = lr/(1 - beta1^t), root = sqrt(1 - beta2^t), by the caller.
// AMSGrad divides by the largest `squares` so far; otherwise `largest` is not touched.
extern "C" __global__ void adam_step(index_t count, value_t* param, const value_t* grad, value_t* mean,
                                     value_t* squares, value_t* largest, sum_t shrink, sum_t decay, sum_t take1,
                                     sum_t keep2, sum_t take2, sum_t root, sum_t eps, sum_t rate, int amsgrad,
                                     int maximize) {
    index_t i = this_element();
    if (i >= count) return;
    sum_t p = (sum_t)param[i] * shrink;
    sum_t g = decayed(p, (sum_t)grad[i], decay, maximize);
    sum_t m = (sum_t)mean[i];
    m += (g - m) * take1;
    sum_t v = (sum_t)squares[i] * keep2 + g * g * take2;
    mean[i] = (value_t)m;
    squares[i] = (value_t)v;
    if (amsgrad) {
        sum_t most = (sum_t)largest[i];
        v = (v > most || is_nan(v)) ? v : most;
        largest[i] = (value_t)v;
    }
    param[i] = (value_t)(p + m / (sqrt(v) / root + eps) * -rate);
}
