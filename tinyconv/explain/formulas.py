"""What each operation computes, and what its backward step makes of the incoming gradient ``g``.

``ga`` is the gradient of the first operand, ``gb`` of the second; ``gx``, ``gw`` those of an input and a
weight.  Gradients of operands that were broadcast are summed to their shapes afterwards.
"""

from __future__ import annotations

__all__ = ["FORMULAS"]

# operation -> "value;  gradients"
FORMULAS: dict[str, str] = {
    # element by element
    "Abs": "y = |x|;  gx = g * sign(x)",
    "Acos": "y = arccos(x);  gx = -g / sqrt(1 - x**2)",
    "Acosh": "y = arcosh(x);  gx = g / sqrt(x**2 - 1)",
    "Add": "y = a + b;  ga = g, gb = g",
    "Asin": "y = arcsin(x);  gx = g / sqrt(1 - x**2)",
    "Asinh": "y = arsinh(x);  gx = g / sqrt(x**2 + 1)",
    "AtLeast": "y = max(x, bound);  gx = g where x >= bound, gbound = g where x < bound",
    "AtMost": "y = min(x, bound);  gx = g where x <= bound, gbound = g where x > bound",
    "Atan": "y = arctan(x);  gx = g / (1 + x**2)",
    "Atan2": "y = the angle of (b, a);  ga = g * b/(a**2 + b**2), gb = -g * a/(a**2 + b**2)",
    "Atanh": "y = artanh(x);  gx = g / (1 - x**2)",
    "Cast": "y = x in another dtype;  gx = g in x's dtype",
    "Ceil": "y = x rounded up;  gx = 0",
    "Clamp": "y = x, held within [min, max];  gx = g where x is within, else 0",
    "Cos": "y = cos(x);  gx = -g * sin(x)",
    "Cosh": "y = cosh(x);  gx = g * sinh(x)",
    "Div": "y = a/b;  ga = g/b, gb = -g*y/b",
    "Erf": "y = erf(x);  gx = g * 2/sqrt(pi) * exp(-x**2)",
    "Exp": "y = exp(x);  gx = g * y",
    "Exp2": "y = 2**x;  gx = g * y * log(2)",
    "Expm1": "y = exp(x) - 1;  gx = g * (y + 1)",
    "Erfc": "y = 1 - erf(x);  gx = -g * 2/sqrt(pi) * exp(-x**2)",
    "Floor": "y = x rounded down;  gx = 0",
    "FloorDiv": "y = floor(a/b);  ga = gb = 0",
    "Fmod": "y = a - trunc(a/b)*b;  ga = g, gb = -g * trunc(a/b)",
    "Frac": "y = x - trunc(x);  gx = g",
    "Hypot": "y = sqrt(a**2 + b**2);  ga = g * a/y, gb = g * b/y",
    "Log": "y = log(x);  gx = g / x",
    "Log10": "y = log10(x);  gx = g / (x * log(10))",
    "Log1p": "y = log(1 + x);  gx = g / (1 + x)",
    "Log2": "y = log2(x);  gx = g / (x * log(2))",
    "Maximum": "y = max(a, b);  each gets g where it is the larger, g/2 at a tie",
    "Minimum": "y = min(a, b);  each gets g where it is the smaller, g/2 at a tie",
    "Mul": "y = a*b;  ga = g*b, gb = g*a",
    "Neg": "y = -x;  gx = -g",
    "Pow": "y = a**b;  ga = g * b * a**(b-1), gb = g * y * log(a)",
    "Reciprocal": "y = 1/x;  gx = -g * y**2",
    "Remainder": "y = a - floor(a/b)*b;  ga = g, gb = -g * floor(a/b)",
    "Rsqrt": "y = 1/sqrt(x);  gx = -g * y**3 / 2",
    "Sigmoid": "y = 1/(1 + exp(-x));  gx = g * y * (1 - y)",
    "Sign": "y = sign(x);  gx = 0",
    "Sin": "y = sin(x);  gx = g * cos(x)",
    "Sinh": "y = sinh(x);  gx = g * cosh(x)",
    "Softplus": "y = log(1 + exp(x));  gx = g * sigmoid(x)",
    "Sqrt": "y = sqrt(x);  gx = g / (2*y)",
    "Sub": "y = a - b;  ga = g, gb = -g",
    "Tan": "y = tan(x);  gx = g * (1 + y**2)",
    "Tanh": "y = tanh(x);  gx = g * (1 - y**2)",
    "Trunc": "y = x rounded towards 0;  gx = 0",
    "TruncDiv": "y = a/b without its fraction;  ga = gb = 0",
    "Where": "y = a where the condition holds, else b;  ga = g there, gb = g elsewhere",
    # activations
    "Gate": "y = x where the gate is open, else 0;  gx = g where it is open",
    "LogSoftmax": "y = x - log(sum(exp(x)));  gx = g - exp(y) * sum(g)",
    "ReLU": "y = max(x, 0);  gx = g where y > 0, else 0",
    "Softmax": "y = exp(x) / sum(exp(x));  gx = y * (g - sum(g*y))",
    # shapes and places
    "Alias": "y = x under another name;  gx = g",
    "CumSum": "y[i] = x[0] + ... + x[i] along dim;  gx[i] = g[i] + ... + g[-1]",
    "Diagonal": "y = the diagonal of x;  gx = g on the diagonal, 0 elsewhere",
    "Median": "y = the lower median of x;  gx = g, shared among its equals, 0 elsewhere",
    "PutDiagonal": "y = zeros with x on the diagonal;  gx = the diagonal of g",
    "Resample": "y[j] = sum of weights[t, j] * x[places[t, j]] over t;  gx[places[t, j]] += weights[t, j] * g[j]",
    "Spread": "x[places[t, j]] += weights[t, j] * y[j];  gy[j] = sum of weights[t, j] * g[places[t, j]] over t",
    "Cat": "y = the inputs one after another;  each gets its slice of g",
    "Clone": "y = a copy of x;  gx = g",
    "Expand": "y = x, repeated along dims of size 1;  gx = g, summed over those dims",
    "Flip": "y = x, reversed along dims;  gx = g, reversed along them",
    "GetItem": "y = x[key];  gx = zeros, with g added at key",
    "GetView": "y = x[key];  gx = zeros, with g added at key",
    "Overwrite": "y = x with value at key, in x's memory;  gx = g, 0 at key, gvalue = g[key]",
    "PadConstant": "y = x with constant cells around;  gx = g without them",
    "Permute": "y = x with its dims in another order;  gx = g with them back in order",
    "PutAlong": "y = zeros, with x added at places along a dim;  gx = g at these places",
    "PutItem": "y = zeros, with x added at key;  gx = g[key]",
    "Reshape": "y = x in another shape;  gx = g in x's shape",
    "TakeAlong": "y = x at places along a dim;  gx = zeros, with g added at these places",
    "ToDevice": "y = x on another device;  gx = g, brought back",
    # sums and products
    "Amax": "y = the largest x over dims;  gx = g at it, shared evenly among equals",
    "Amin": "y = the smallest x over dims;  gx = g at it, shared evenly among equals",
    "MatMul": "y = a @ b;  ga = g @ b.T, gb = a.T @ g",
    "Norm": "y = sqrt(sum(x**2 over dims));  gx = g * x/y",
    "Sum": "y = sum(x over dims);  gx = g, repeated along those dims",
    # convolution and its partners
    "Col2Im": "y = columns added back to their windows;  gx = im2col(g)",
    "Conv": "y = x * w + b, windows slide;  gx = g spread through w, gw = x correlated with g, gb = sum(g)",
    "ConvInputGrad": "y = x spread through w, + b;  gx = g * w, windows slide, gw = g correlated with x, gb = sum(g)",
    "ConvWeightGrad": "y = x correlated with a;  gx = a spread through g, ga = x * g, windows slide",
    "Im2Col": "y = every window of x as a column;  gx = col2im(g)",
    # pooling
    "AdaptiveAvg": "y = mean of each bin;  gx = g / (cells of the bin), over its cells",
    "AdaptiveSpread": "y = x / (cells of the bin), over its cells;  gx = mean of each bin of g",
    "MaxPool": "y = the largest x of each window;  gx = zeros, with g added at the winners",
    "PutFlat": "y = zeros, with x added at indices;  gx = g at the indices",
    "PutTaps": "y = zeros, with x added at the winners;  gx = g at the winners",
    "TakeFlat": "y = x at indices;  gx = zeros, with g added at the indices",
    "TakeTaps": "y = x at the winners;  gx = zeros, with g added at the winners",
    "Unpool": "y = zeros, with x set at indices;  gx = g at the indices",
    "WindowSpread": "y = each x added to all cells of its window;  gx = sum of each window of g",
    "WindowSum": "y = sum of each window of x;  gx = each g added to all cells of its window",
    # normalising, losses
    "BinaryCrossEntropy": (
        "y = -(t*log(x) + (1-t)*log(1-x));  gx = g * (x - t) / (x * (1 - x)), gt = g * log((1 - x) / x)"
    ),
    "Normalize": (
        "y = z * w + b, z = (x - mean) / s, s = sqrt(var + eps);  "
        "gx = (h - mean(h) - z * mean(h*z)) / s, h = g*w, gw = sum(g*z), gb = sum(g)"
    ),
    "SoftmaxCrossEntropy": "y = log(sum(exp(x))) - x[label];  gx = g * (softmax(x) - onehot(label))",
}
