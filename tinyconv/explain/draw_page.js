// The page on which a reader draws a digit: a convolutional network in the browser, and what it sees.
//
// Three parts, each readable without the next: the network over a list of layers, with its gradient; the strokes of a
// pen as the picture that MNIST would have made of them; and the page.  Nothing is loaded from anywhere.
//
// A tensor is {shape, data}: shape [channels, height, width] or [features], data its numbers, row after row.

const tinyconvDraw = (() => {
  "use strict";

  // ------------------------------------------------------------------------------ the network

  const count = (shape) => shape.reduce((product, size) => product * size, 1);
  const tensor = (shape, data = new Float64Array(count(shape))) => ({ shape, data });

  // Float32 numbers, little-endian, as base64 text.
  function decode(text) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return new Float32Array(bytes.buffer);
  }

  // For each cell of the kernel: which output cells use it, and the input cell that each of them finds under it.
  // Cells of the padding are left out; they add nothing to a sum, and no maximum is there.
  function tapsOf({ kernel, stride, dilation, padding, places }, height, width) {
    const taps = [];
    for (let i = 0; i < kernel[0]; i++) {
      for (let j = 0; j < kernel[1]; j++) {
        const output = [], input = [];
        for (let row = 0; row < places[0]; row++) {
          for (let column = 0; column < places[1]; column++) {
            const y = row * stride[0] + i * dilation[0] - padding[0];
            const x = column * stride[1] + j * dilation[1] - padding[1];
            if (y < 0 || y >= height || x < 0 || x >= width) continue;
            output.push(row * places[1] + column);
            input.push(y * width + x);
          }
        }
        taps.push({ output: Int32Array.from(output), input: Int32Array.from(input) });
      }
    }
    return taps;
  }

  // The taps are the same for every channel and every picture: found once per layer.
  const known = new WeakMap();
  function taps(layer, [, height, width]) {
    if (!known.has(layer)) known.set(layer, tapsOf(layer, height, width));
    return known.get(layer);
  }

  // Visit every weight of a convolution: its value, its tap, and where its input and output maps begin in the data.
  function eachWeight(layer, x, visit) {
    const [filters, depth] = layer.shape;
    const [inputSize, outputSize] = [x.shape[1] * x.shape[2], count(layer.places)];
    let next = 0;
    for (let filter = 0; filter < filters; filter++) {
      const group = Math.floor((filter * layer.groups) / filters);
      for (let channel = 0; channel < depth; channel++) {
        for (const tap of taps(layer, x.shape)) {
          visit(layer.weight[next++], tap, (group * depth + channel) * inputSize, filter * outputSize);
        }
      }
    }
  }

  // Visit every pair of an output cell and an input cell in its window, channel by channel.
  function eachPair(layer, x, visit) {
    const [inputSize, outputSize] = [x.shape[1] * x.shape[2], count(layer.places)];
    for (let channel = 0; channel < x.shape[0]; channel++) {
      for (const { output, input } of taps(layer, x.shape)) {
        for (let k = 0; k < output.length; k++) visit(channel * outputSize + output[k], channel * inputSize + input[k]);
      }
    }
  }

  // A function of each number by itself, and its slope as a function of the input x and the output y.
  const pointwise = (value, slope) => ({
    forward: (layer, x) => tensor(x.shape, x.data.map((number) => value(number, layer))),
    backward: (layer, x, y, g) =>
      tensor(x.shape, g.data.map((number, i) => number * slope(x.data[i], y.data[i], layer))),
  });

  // Every kind of layer: its output, and the gradient for its input from the gradient g for its output.
  const LAYERS = {
    conv2d: {
      // y[m, p] = bias[m] + the sum over channels c and kernel cells t of weight[m, c, t] * x[c, cell of p under t]
      forward(layer, x) {
        const size = count(layer.places), y = tensor([layer.shape[0], ...layer.places]);
        if (layer.bias) layer.bias.forEach((bias, m) => y.data.fill(bias, m * size, (m + 1) * size));
        eachWeight(layer, x, (weight, { output, input }, from, to) => {
          for (let k = 0; k < output.length; k++) y.data[to + output[k]] += weight * x.data[from + input[k]];
        });
        return y;
      },
      // The same products the other way: what came from an input cell goes back to it.
      backward(layer, x, y, g) {
        const gradient = tensor(x.shape);
        eachWeight(layer, x, (weight, { output, input }, from, to) => {
          for (let k = 0; k < output.length; k++) gradient.data[from + input[k]] += weight * g.data[to + output[k]];
        });
        return gradient;
      },
    },

    max_pool2d: {
      forward(layer, x) {
        const y = tensor([x.shape[0], ...layer.places]);
        y.data.fill(-Infinity);
        eachPair(layer, x, (output, input) => { y.data[output] = Math.max(y.data[output], x.data[input]); });
        return y;
      },
      // The gradient goes to the cell that was the largest; of several equal ones, to the first.
      backward(layer, x, y, g) {
        const gradient = tensor(x.shape), given = new Uint8Array(y.data.length);
        eachPair(layer, x, (output, input) => {
          if (given[output] || x.data[input] !== y.data[output]) return;
          given[output] = 1;
          gradient.data[input] += g.data[output];
        });
        return gradient;
      },
    },

    avg_pool2d: {
      // The divisor is the window's size, or at the edges what the layer counts there.
      forward(layer, x) {
        const y = tensor([x.shape[0], ...layer.places]), size = count(layer.places);
        eachPair(layer, x, (output, input) => { y.data[output] += x.data[input] / layer.divisors[output % size]; });
        return y;
      },
      backward(layer, x, y, g) {
        const gradient = tensor(x.shape), size = count(layer.places);
        eachPair(layer, x, (output, input) => {
          gradient.data[input] += g.data[output] / layer.divisors[output % size];
        });
        return gradient;
      },
    },

    // Batch norm after training: each channel times a number, plus a number.
    batch_norm: {
      forward(layer, x) {
        const channel = (i) => Math.floor((i * x.shape[0]) / x.data.length);
        return tensor(x.shape, x.data.map((number, i) => number * layer.weight[channel(i)] + layer.bias[channel(i)]));
      },
      backward(layer, x, y, g) {
        const channel = (i) => Math.floor((i * x.shape[0]) / x.data.length);
        return tensor(x.shape, g.data.map((number, i) => number * layer.weight[channel(i)]));
      },
    },

    linear: {
      forward(layer, x) {
        const [outputs, inputs] = layer.shape;
        const y = tensor([outputs]);
        for (let m = 0; m < outputs; m++) {
          y.data[m] = layer.bias ? layer.bias[m] : 0;
          for (let c = 0; c < inputs; c++) y.data[m] += layer.weight[m * inputs + c] * x.data[c];
        }
        return y;
      },
      backward(layer, x, y, g) {
        const [outputs, inputs] = layer.shape;
        const gradient = tensor([inputs]);
        for (let m = 0; m < outputs; m++) {
          for (let c = 0; c < inputs; c++) gradient.data[c] += layer.weight[m * inputs + c] * g.data[m];
        }
        return gradient;
      },
    },

    flatten: {
      forward: (layer, x) => tensor([x.data.length], x.data),
      backward: (layer, x, y, g) => tensor(x.shape, g.data),
    },

    relu: pointwise((x) => Math.max(x, 0), (x) => (x > 0 ? 1 : 0)),
    leaky_relu: pointwise((x, layer) => (x > 0 ? x : x * layer.slope), (x, y, layer) => (x > 0 ? 1 : layer.slope)),
    sigmoid: pointwise((x) => 1 / (1 + Math.exp(-x)), (x, y) => y * (1 - y)),
    tanh: pointwise(Math.tanh, (x, y) => 1 - y * y),
  };

  // The layers of a page's data, their numbers decoded.
  const prepareLayers = (layers) => layers.map((layer) => ({
    ...layer,
    weight: layer.weight && decode(layer.weight),
    bias: layer.bias && decode(layer.bias),
  }));

  // The input and the output of each layer in turn: one tensor more than there are layers.
  function forward(layers, input) {
    const values = [input];
    for (const layer of layers) values.push(LAYERS[layer.kind].forward(layer, values[values.length - 1]));
    return values;
  }

  // The gradient of one score for the input.
  function gradient(layers, values, which) {
    let g = tensor(values[layers.length].shape);
    g.data[which] = 1;
    for (let i = layers.length - 1; i >= 0; i--) {
      g = LAYERS[layers[i].kind].backward(layers[i], values[i], values[i + 1], g);
    }
    return g;
  }

  function softmax(scores) {
    const highest = Math.max(...scores);
    const powers = Array.from(scores, (score) => Math.exp(score - highest));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  }

  const scaled = (ink, { mean, std }) => tensor([1, 28, 28], Float64Array.from(ink, (value) => (value - mean) / std));

  // How much each pixel's ink raised one score: the ink times the mean gradient on the way from the empty page to the
  // drawing.  All of them together are the score minus the empty page's (M. Sundararajan, A. Taly and Q. Yan,
  // "Axiomatic attribution for deep networks", 2017).  It stops after each step, so that a page can go on in between.
  function* creditSteps(layers, ink, scale, which, steps = 12) {
    const total = new Float64Array(ink.length);
    for (let step = 0; step < steps; step++) {
      const part = scaled(ink.map((value) => (value * (step + 0.5)) / steps), scale);
      const slope = gradient(layers, forward(layers, part), which).data;
      for (let i = 0; i < total.length; i++) total[i] += (slope[i] * ink[i]) / scale.std / steps;
      yield null;
    }
    return total;
  }

  function credit(...given) {
    const work = creditSteps(...given);
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
    }
  }

  // ------------------------------------------------------------------------------ the drawing

  const SIDE = 28, BOX = 20, PEN = 2.3; // pixels

  // The distance of a point from the line between two others.
  function distance(x, y, [ax, ay], [bx, by]) {
    const [dx, dy] = [bx - ax, by - ay];
    const along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1);
    const t = Math.min(1, Math.max(0, along));
    return Math.hypot(x - ax - t * dx, y - ay - t * dy);
  }

  // Strokes in pixels as grey values: 1 under the pen, 0 away from it, and between on its edge.
  function ink(strokes) {
    const picture = new Float64Array(SIDE * SIDE);
    const reach = PEN / 2 + 0.5;
    for (const stroke of strokes) {
      stroke.forEach((end, k) => {
        const start = stroke[Math.max(0, k - 1)];
        const [left, right] = [Math.min(start[0], end[0]) - reach, Math.max(start[0], end[0]) + reach];
        const [top, bottom] = [Math.min(start[1], end[1]) - reach, Math.max(start[1], end[1]) + reach];
        for (let row = Math.max(0, Math.floor(top)); row <= Math.min(SIDE - 1, bottom); row++) {
          for (let column = Math.max(0, Math.floor(left)); column <= Math.min(SIDE - 1, right); column++) {
            const value = Math.min(1, reach - distance(column + 0.5, row + 0.5, start, end));
            if (value > picture[row * SIDE + column]) picture[row * SIDE + column] = value;
          }
        }
      });
    }
    return picture;
  }

  // The mean place of the ink: [column, row].
  function centre(picture) {
    let [mass, x, y] = [0, 0, 0];
    picture.forEach((value, i) => {
      mass += value;
      x += value * ((i % SIDE) + 0.5);
      y += value * (Math.floor(i / SIDE) + 0.5);
    });
    return [x / mass, y / mass];
  }

  // What MNIST makes of a drawing: its longer side fills a box of 20 pixels, and the centre of its ink comes to the
  // middle of 28 by 28.  Pixel (14, 14) is that middle, in the data as here.
  function picture(strokes) {
    const points = strokes.flat();
    if (!points.length) return new Float64Array(SIDE * SIDE);
    const [low, high] = [0, 1].map((pick) => [Math.min, Math.max][pick]).map((extreme) =>
      [0, 1].map((axis) => points.reduce((found, point) => extreme(found, point[axis]), points[0][axis])));
    const longer = Math.max(high[0] - low[0], high[1] - low[1]);
    const factor = longer > 0 ? (BOX - PEN) / longer : 0;
    const place = (shift) => strokes.map((stroke) => stroke.map((point) =>
      point.map((value, axis) => (value - (low[axis] + high[axis]) / 2) * factor + SIDE / 2 + shift[axis])));
    const middle = centre(ink(place([0, 0])));
    return ink(place(middle.map((value) => SIDE / 2 + 0.5 - value)));
  }

  // ------------------------------------------------------------------------------ the words

  const WORDS = {
    en: {
      other: "中文",
      title: "Draw a digit",
      pad: "Drawing area. Arrow keys move the pen, Space puts it down or lifts it, Backspace takes back a stroke, " +
        "Escape clears.",
      invite: "Draw a digit here, with mouse, finger or pen.",
      keys: "Keys: arrows move the pen, Space puts it down or lifts it, Backspace takes back a stroke, Escape clears.",
      undo: "Undo", clear: "Clear",
      samples: "or take one of these", sample: "Handwritten digit, class {label}",
      seen: "What the network gets", seenMore: "scaled to 20 × 20 pixels, its ink centred in 28 × 28, as in MNIST",
      mattered: "Which strokes mattered",
      matteredMore: "orange ink speaks for “{label}”, blue ink against it",
      scores: "Scores, and their probabilities by softmax", ask: "Choose a class to see the strokes that speak for it.",
      reads: "Reads “{label}”, {percent}", empty: "Nothing is drawn yet.",
      layers: "What each layer sees",
      legend: "Orange is above zero and blue below; the strongest colour is the number farthest from zero in that layer.",
      farthest: "farthest from zero: {largest}",
      conv2d: "Each map is one filter slid over all maps above: it lights up where its pattern is.",
      relu: "What is below zero becomes zero.",
      leaky_relu: "What is below zero becomes small.",
      sigmoid: "Every number is pressed between 0 and 1.", tanh: "Every number is pressed between −1 and 1.",
      max_pool2d: "Of every window only the largest number stays.",
      avg_pool2d: "Of every window its mean stays.",
      batch_norm: "Each map is scaled and shifted, by what training found.",
      flatten: "All maps in one long row.",
      linear: "Each number is a weighted sum of all numbers above.",
    },
    zh: {
      other: "English",
      title: "写一个数字",
      pad: "画板。方向键移动笔，空格键落笔或提笔，退格键撤销一笔，Esc 键清空。",
      invite: "在这里写一个数字：用鼠标、手指或笔都可以。",
      keys: "键盘：方向键移动笔，空格键落笔或提笔，退格键撤销一笔，Esc 键清空。",
      undo: "撤销", clear: "清空",
      samples: "或者选一个现成的", sample: "手写数字，类别 {label}",
      seen: "网络收到的图", seenMore: "和 MNIST 一样：缩放到 20 × 20 像素，重心放在 28 × 28 的中央",
      mattered: "哪些笔画起了作用",
      matteredMore: "橙色的笔画支持“{label}”，蓝色的反对它",
      scores: "得分，以及由 softmax 得到的概率", ask: "选一个类别，看哪些笔画支持它。",
      reads: "读作“{label}”，{percent}", empty: "还没有写。",
      layers: "每一层看到了什么",
      legend: "橙色大于零，蓝色小于零；颜色最深的，是这一层里离零最远的数。",
      farthest: "离零最远：{largest}",
      conv2d: "每张图是一个卷积核滑过上面所有图的结果：哪里有它要找的花样，哪里就亮。",
      relu: "小于零的数变成零。",
      leaky_relu: "小于零的数变得很小。",
      sigmoid: "每个数都压到 0 和 1 之间。", tanh: "每个数都压到 −1 和 1 之间。",
      max_pool2d: "每个窗口只留下最大的数。",
      avg_pool2d: "每个窗口只留下平均数。",
      batch_norm: "每张图按训练得到的数缩放、平移。",
      flatten: "所有的图排成长长的一行。",
      linear: "每个数都是上面所有数的加权和。",
    },
  };

  // ------------------------------------------------------------------------------ the page

  const TAGS = { en: "en", zh: "zh-CN" };
  const ABOVE = [226, 112, 16], BELOW = [46, 112, 214], INK = [0, 0, 0]; // INK is turned white on a dark page

  function element(tag, properties = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name === "class") node.className = value;
      else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  }

  // Numbers as colours, the stronger the farther from zero; the page shows through.
  function paint(canvas, data, start, largest, above = ABOVE) {
    const context = canvas.getContext("2d");
    const image = context.createImageData(canvas.width, canvas.height);
    for (let i = 0; i < canvas.width * canvas.height; i++) {
      const value = data && start + i < data.length ? data[start + i] / (largest || 1) : 0;
      image.data.set(value < 0 ? BELOW : above, 4 * i);
      image.data[4 * i + 3] = Math.round(255 * Math.min(1, Math.abs(value)) ** (above === INK ? 1 : 0.75));
    }
    context.putImageData(image, 0, 0);
  }

  const farthest = (data) => data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const percentage = (share) => (share > 0.9995 && share < 1 ? "> 99.9 %" : `${(100 * share).toFixed(1)} %`);

  function mount(root, data) {
    const layers = prepareLayers(data.layers);
    const examples = data.examples.map(({ label, pixels }) => ({
      label, ink: Float64Array.from(atob(pixels), (character) => character.charCodeAt(0) / 255),
    }));
    const state = { strokes: [], example: null, pen: [0.5, 0.5], down: false, keys: false, asked: null };
    let language = data.language;
    let found = null; // of the drawing there is: {ink, values, scores, shares, winner}

    // Words that stand still are set again when the language changes; all others by `show`.
    const still = [];
    const say = (node, key, values = {}) => {
      const text = WORDS[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
      if (node.textContent !== text) node.textContent = text;
      return node;
    };
    const words = (tag, key, properties = {}) => {
      const node = element(tag, properties);
      still.push(() => say(node, key));
      return node;
    };

    // --- the parts

    const pad = element("canvas", { class: "pad ink", width: 560, height: 560, tabindex: 0, role: "application" });
    const seen = element("canvas", { class: "view ink", width: SIDE, height: SIDE, role: "img" });
    const mattered = element("canvas", { class: "view", width: SIDE, height: SIDE, role: "img" });
    const matteredMore = element("small");
    const verdict = element("p", { class: "verdict", "aria-live": "polite" });
    const other = () => (language === "en" ? "zh" : "en");
    const switcher = element("button", { type: "button", class: "language", onclick: () => speak(other()) });
    for (const [name, canvas] of Object.entries({ pad, seen, mattered })) {
      still.push(() => canvas.setAttribute("aria-label", WORDS[language][name]));
    }
    still.push(() => { say(switcher, "other"); switcher.lang = TAGS[other()]; });

    const group = `tinyconv-draw-${Math.random().toString(36).slice(2)}`;
    const bars = data.labels.map((label, which) => {
      const choice = element("input", { type: "radio", name: group, onchange: () => { state.asked = which; show(); } });
      const bar = element("i"), score = element("span"), share = element("span");
      const track = element("span", { class: "track" }, bar);
      const row = element("label", {}, choice, element("b", {}, label), track, score, share);
      return { choice, bar, score, share, row };
    });

    const samples = examples.map((example, position) => {
      const canvas = element("canvas", { class: "ink", width: SIDE, height: SIDE });
      paint(canvas, example.ink, 0, 1, INK);
      const button = element("button", { type: "button", onclick: () => restart(position) }, canvas);
      still.push(() => button.setAttribute("aria-label", WORDS[language].sample.replace("{label}", example.label)));
      return button;
    });

    const rows = layers.map((layer) => {
      const maps = layer.output.length === 3;
      const [amount, height, width] = maps ? layer.output
        : [1, Math.ceil(layer.output[0] / 64), Math.min(64, layer.output[0])];
      const onScreen = maps ? Math.round(14 + 7 * Math.sqrt(width)) : width * Math.min(24, 512 / width);
      const style = `width:${onScreen}px`;
      const tiles = Array.from({ length: amount }, () => element("canvas", { width, height, style }));
      const scale = element("small");
      const name = element("h4", {}, layer.title.split("(")[0], element("code", {}, layer.output.join(" × ")));
      const head = element("div", {}, name, words("p", layer.kind), element("small", {}, layer.title), scale);
      return { tiles, scale, size: width * height, node: element("section", { class: "layer" }, head,
        element("div", { class: maps ? "maps" : "maps flat", role: "img", "aria-label": layer.title }, ...tiles)) };
    });

    const figure = (title, canvas, more) =>
      element("figure", {}, canvas, element("figcaption", {}, words("b", title), more));
    root.replaceChildren(
      ...("heading" in root.dataset ? [words("h1", "title")] : []),
      element("div", { class: "top" },
        element("div", { class: "draw" },
          words("p", "invite", { class: "invite" }), pad,
          element("div", { class: "buttons" },
            words("button", "undo", { type: "button", onclick: () => undo() }),
            words("button", "clear", { type: "button", onclick: () => restart(null) }), switcher),
          element("div", { class: "samples" }, words("small", "samples"), element("div", {}, ...samples)),
          words("small", "keys", { class: "keys" })),
        element("div", { class: "views" },
          figure("seen", seen, words("small", "seenMore")), figure("mattered", mattered, matteredMore)),
        element("div", { class: "scores" }, verdict,
          element("fieldset", {}, words("legend", "scores"), ...bars.map((bar) => bar.row)), words("small", "ask"))),
      element("div", { class: "heading" }, words("h3", "layers"), words("small", "legend")),
      ...rows.map((row) => row.node));

    // --- what the reader does

    function restart(example) {
      Object.assign(state, { strokes: [], example, pen: [0.5, 0.5], down: false, asked: null });
      later();
    }

    function undo() {
      if (state.example !== null) return restart(null);
      state.strokes.pop();
      state.down = false;
      state.asked = null;
      later();
    }

    function begin(point) {
      if (state.example !== null) restart(null);
      state.strokes.push([point]);
      Object.assign(state, { down: true, pen: point, asked: null });
      later();
    }

    function move(point) {
      state.pen = point;
      if (state.down) state.strokes[state.strokes.length - 1].push(point);
      later();
    }

    const point = (event) => {
      const box = pad.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
        .map((value) => Math.min(1, Math.max(0, value)));
    };
    pad.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      pad.setPointerCapture(event.pointerId);
      state.keys = false;
      begin(point(event));
    });
    pad.addEventListener("pointermove", (event) => {
      if (!state.down || state.keys) return;
      const parts = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      (parts.length ? parts : [event]).forEach((part) => move(point(part)));
    });
    const lift = () => { if (!state.keys) state.down = false; };
    pad.addEventListener("pointerup", lift);
    pad.addEventListener("pointercancel", lift);

    const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    pad.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      if (step) {
        state.keys = true;
        move(state.pen.map((value, axis) => Math.min(0.97, Math.max(0.03, value + step[axis] / 32))));
      } else if (event.key === " ") {
        state.keys = true;
        if (state.down) state.down = false;
        else begin(state.pen);
        later();
      } else if (event.key === "Backspace" || event.key === "Delete") undo();
      else if (event.key === "Escape") restart(null);
      else return;
      event.preventDefault();
    });
    pad.addEventListener("blur", () => { state.keys = state.down = false; later(); });

    // --- what the page shows

    function showPad() {
      const context = pad.getContext("2d"), size = pad.width;
      context.clearRect(0, 0, size, size);
      if (state.example !== null) context.drawImage(samples[state.example].firstChild, 0, 0, size, size);
      Object.assign(context, { lineWidth: size / 14, lineCap: "round", lineJoin: "round" });
      for (const stroke of state.strokes) {
        context.beginPath();
        context.moveTo(...stroke[0].map((value) => value * size));
        stroke.forEach((place) => context.lineTo(...place.map((value) => value * size)));
        context.stroke();
      }
      if (state.keys) {
        context.lineWidth = 3;
        context.beginPath();
        context.arc(...state.pen.map((value) => value * size), size / (state.down ? 40 : 24), 0, 2 * Math.PI);
        context.stroke();
      }
    }

    function think() {
      const drawn = state.example === null ? picture(state.strokes) : examples[state.example].ink;
      if (!drawn.some((value) => value > 0)) return null;
      const values = forward(layers, scaled(drawn, data));
      const scores = Array.from(values[layers.length].data), shares = softmax(scores);
      return { ink: drawn, values, scores, shares, winner: scores.indexOf(Math.max(...scores)) };
    }

    function showScores() {
      const asked = found && (state.asked ?? found.winner);
      bars.forEach(({ choice, bar, score, share, row }, which) => {
        bar.style.width = found ? `${100 * found.shares[which]}%` : 0;
        score.textContent = found ? found.scores[which].toFixed(2) : "";
        share.textContent = found ? percentage(found.shares[which]) : "";
        row.classList.toggle("winner", Boolean(found) && which === found.winner);
        choice.checked = which === asked;
        choice.disabled = !found;
      });
      if (!found) return say(verdict, "empty");
      const { winner, shares } = found;
      return say(verdict, "reads", { label: data.labels[winner], percent: percentage(shares[winner]) });
    }

    function showMaps() {
      rows.forEach(({ tiles, scale, size }, i) => {
        const values = found && found.values[i + 1].data, largest = found ? farthest(values) : 1;
        tiles.forEach((tile, k) => paint(tile, values, k * size, largest));
        say(scale, "farthest", { largest: found ? largest.toFixed(2) : "–" });
      });
    }

    function showCredit() {
      if (!found) {
        paint(mattered, null, 0, 1);
        matteredMore.textContent = "";
        return;
      }
      const asked = state.asked ?? found.winner, work = creditSteps(layers, found.ink, data, asked);
      const goOn = () => {
        const { done, value } = work.next();
        if (!done) {
          thinking = setTimeout(goOn, 0);
          return;
        }
        paint(mattered, value, 0, farthest(value));
        say(matteredMore, "matteredMore", { label: data.labels[asked] });
      };
      goOn();
    }

    let waiting = 0, thinking = 0;
    function show() {
      showPad();
      paint(seen, found && found.ink, 0, 1, INK);
      showScores();
      showMaps();
      clearTimeout(thinking); // the gradients take longest: they come when the pen rests, step by step
      thinking = setTimeout(showCredit, 30);
    }

    // Many events, one picture: what has changed is shown before the screen is drawn again.
    function later() {
      if (waiting) return;
      waiting = requestAnimationFrame(() => { waiting = 0; found = think(); show(); });
    }

    function speak(chosen) {
      language = chosen;
      root.lang = TAGS[chosen];
      if ("heading" in root.dataset) document.title = WORDS[chosen].title;
      still.forEach((set) => set());
      show();
    }

    state.example = examples.length ? data.start : null;
    found = think();
    speak(language);
  }

  return { forward, gradient, credit, picture, scaled, softmax, prepareLayers, mount };
})();
