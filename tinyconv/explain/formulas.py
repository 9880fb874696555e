"""What each operation computes, and what its backward step makes of the incoming gradient ``g``.

``ga`` is the gradient of the first operand, ``gb`` of the second; ``gx``, ``gw`` those of an input and a
weight.  Gradients of operands that were broadcast are summed to their shapes afterwards.
"""

from __future__ import annotations

from ..language import get_language

__all__ = ["FORMULAS", "IN_CHINESE", "formula_of"]

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
    "Linear": "y = x @ w.T + b;  gx = g @ w, gw = g.T @ x, gb = sum(g over rows)",
    "MatMul": "y = a @ b;  ga = g @ b.T, gb = a.T @ g",
    "Mean": "y = sum(x over dims)/n;  gx = g/n, repeated along those dims",
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

# those with words in them
IN_CHINESE: dict[str, str] = {
    # element by element
    "AtLeast": "y = max(x, bound);  gx = g（x >= bound 处），gbound = g（x < bound 处）",
    "AtMost": "y = min(x, bound);  gx = g（x <= bound 处），gbound = g（x > bound 处）",
    "Atan2": "y = (b, a) 的角度;  ga = g * b/(a**2 + b**2), gb = -g * a/(a**2 + b**2)",
    "Cast": "y = x，换成另一种 dtype;  gx = g，换回 x 的 dtype",
    "Ceil": "y = x 向上取整;  gx = 0",
    "Clamp": "y = x，限制在 [min, max] 之内;  gx = g（x 在其中处），别处为 0",
    "Floor": "y = x 向下取整;  gx = 0",
    "Maximum": "y = max(a, b);  较大的一个得到 g，相等时各得 g/2",
    "Minimum": "y = min(a, b);  较小的一个得到 g，相等时各得 g/2",
    "Trunc": "y = x 向 0 取整;  gx = 0",
    "TruncDiv": "y = a/b，去掉小数部分;  ga = gb = 0",
    "Where": "y = a（条件成立处），别处为 b;  ga = g（成立处），gb = g（别处）",
    # activations
    "Gate": "y = x（门开着处），别处为 0;  gx = g（门开着处）",
    "ReLU": "y = max(x, 0);  gx = g（y > 0 处），别处为 0",
    # shapes and places
    "Alias": "y = x，换了个名字;  gx = g",
    "CumSum": "y[i] = x[0] + ... + x[i]，沿 dim;  gx[i] = g[i] + ... + g[-1]",
    "Diagonal": "y = x 的对角线;  gx = g，放在对角线上，别处为 0",
    "Median": "y = x 的中位数，有两个时取小的;  gx = g，由相等的几个平分，别处为 0",
    "PutDiagonal": "y = 0，对角线上是 x;  gx = g 的对角线",
    "Resample": "y[j] = weights[t, j] * x[places[t, j]] 对 t 求和;  gx[places[t, j]] += weights[t, j] * g[j]",
    "Spread": "x[places[t, j]] += weights[t, j] * y[j];  gy[j] = weights[t, j] * g[places[t, j]] 对 t 求和",
    "Cat": "y = 各个输入首尾相接;  每个输入得到 g 中自己的一段",
    "Clone": "y = x 的一份拷贝;  gx = g",
    "Expand": "y = x，沿大小为 1 的轴重复;  gx = g，沿这些轴求和",
    "Flip": "y = x，沿 dims 反转;  gx = g，沿它们反转",
    "GetItem": "y = x[key];  gx = 0，在 key 处加上 g",
    "GetView": "y = x[key];  gx = 0，在 key 处加上 g",
    "Overwrite": "y = x，在 key 处写上 value，用 x 的内存;  gx = g，在 key 处为 0，gvalue = g[key]",
    "PadConstant": "y = x，四周补上常数;  gx = g，去掉补的格子",
    "Permute": "y = x，轴换了次序;  gx = g，轴的次序换回来",
    "PutAlong": "y = 0，沿某个轴在给定位置加上 x;  gx = g 在这些位置的值",
    "PutItem": "y = 0，在 key 处加上 x;  gx = g[key]",
    "Reshape": "y = x，换了形状;  gx = g，换回 x 的形状",
    "TakeAlong": "y = x 沿某个轴在给定位置的值;  gx = 0，在这些位置加上 g",
    "ToDevice": "y = x，放到另一个设备上;  gx = g，拿回来",
    # sums and products
    "Amax": "y = x 沿 dims 的最大值;  gx = g，放在最大处，相等的几个平分",
    "Amin": "y = x 沿 dims 的最小值;  gx = g，放在最小处，相等的几个平分",
    "Linear": "y = x @ w.T + b;  gx = g @ w，gw = g.T @ x，gb = g 各行之和",
    "Mean": "y = x 沿 dims 之和 / n;  gx = g/n，沿这些轴重复",
    "Norm": "y = sqrt(x**2 沿 dims 之和);  gx = g * x/y",
    "Sum": "y = x 沿 dims 之和;  gx = g，沿这些轴重复",
    # convolution and its partners
    "Col2Im": "y = 各列加回自己的窗口;  gx = im2col(g)",
    "Conv": "y = x * w + b，窗口滑动;  gx = g 通过 w 散布，gw = x 与 g 的互相关，gb = sum(g)",
    "ConvInputGrad": "y = x 通过 w 散布，+ b;  gx = g * w，窗口滑动，gw = g 与 x 的互相关，gb = sum(g)",
    "ConvWeightGrad": "y = x 与 a 的互相关;  gx = a 通过 g 散布，ga = x * g，窗口滑动",
    "Im2Col": "y = x 的每个窗口排成一列;  gx = col2im(g)",
    # pooling
    "AdaptiveAvg": "y = 每一格区域的平均;  gx = g /（区域的格数），分给区域里的每一格",
    "AdaptiveSpread": "y = x /（区域的格数），分给区域里的每一格;  gx = g 在每个区域的平均",
    "MaxPool": "y = 每个窗口里最大的 x;  gx = 0，在最大处加上 g",
    "PutFlat": "y = 0，在 indices 处加上 x;  gx = g 在 indices 处的值",
    "PutTaps": "y = 0，在最大处加上 x;  gx = g 在最大处的值",
    "TakeFlat": "y = x 在 indices 处的值;  gx = 0，在 indices 处加上 g",
    "TakeTaps": "y = x 在最大处的值;  gx = 0，在最大处加上 g",
    "Unpool": "y = 0，在 indices 处放上 x;  gx = g 在 indices 处的值",
    "WindowSpread": "y = 每个 x 加到自己窗口的所有格子上;  gx = g 在每个窗口里的和",
    "WindowSum": "y = x 在每个窗口里的和;  gx = 每个 g 加到自己窗口的所有格子上",
}


def formula_of(operation: str, default: str) -> str:
    """Give an operation's formula in the language of the moment, or the default where there is none.

    Examples
    --------
    >>> formula_of("Neg", "")
    'y = -x;  gx = -g'
    """
    english = FORMULAS.get(operation, default)
    return IN_CHINESE.get(operation, english) if get_language() == "zh" else english
