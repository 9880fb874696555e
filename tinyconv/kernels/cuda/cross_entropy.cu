// Cross-entropy of softmax(x) against class numbers; x: (samples, classes, cells).

// loss, peak, total: (samples, cells), with peak = max over c of x and total = sum over c of exp(x - peak):
//   loss = log(total) - (x[label] - peak)
// No array of log-probabilities is made; peak and total are all that the gradient needs besides x.
extern "C" __global__ void cross_entropy(index_t count, const value_t* x, const long long* labels, value_t* loss,
                                         sum_t* peak, sum_t* total, index_t classes, index_t cells) {
    index_t i = this_element();
    if (i >= count) return;
    const value_t* scores = x + i / cells * classes * cells + i % cells;
    sum_t largest = (sum_t)scores[0];
    for (index_t c = 1; c < classes; ++c) {
        sum_t score = (sum_t)scores[c * cells];
        if (score > largest) largest = score;  // passes over NaN, which the sum then brings in
    }
    sum_t sum = 0;
    for (index_t c = 0; c < classes; ++c) sum += exp((sum_t)scores[c * cells] - largest);
    peak[i] = largest;
    total[i] = sum;
    long long label = labels[i];
    if (label < 0 || label >= classes) {  // no such class: NaN rather than what lies there in memory
        loss[i] = (value_t)not_a_number();
    } else {
        loss[i] = (value_t)(log(sum) - ((sum_t)scores[(index_t)label * cells] - largest));
    }
}

// gx: (samples, classes, cells);  gx = gy * (exp(x - peak)/total - [c is the label])
extern "C" __global__ void cross_entropy_grad(index_t count, const value_t* gy, const value_t* x,
                                              const long long* labels, const sum_t* peak, const sum_t* total,
                                              value_t* gx, index_t classes, index_t cells) {
    index_t i = this_element();
    if (i >= count) return;
    index_t c = i / cells % classes;
    index_t at = i / cells / classes * cells + i % cells;  // of (samples, cells)
    sum_t probability = exp((sum_t)x[i] - peak[at]) / total[at];
    gx[i] = (value_t)((sum_t)gy[at] * (labels[at] == c ? probability - 1 : probability));
}
