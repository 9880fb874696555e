/* The sliding window, driven by its reader: input, kernel and output as grids of numbers.

   Every element of the class "tinyconv-widget" with a data-settings attribute (JSON, written by widget.py) becomes a
   figure.  The first part is arithmetic alone, without a page; the second draws it.  Settings s:
     kind ("conv", "transposed", "max", "avg"), axes (those that move), size, kernel_size, stride, dilation,
     output_padding: [rows, columns]; padding: [[top, bottom], [left, right]]; channels: [in, out]; groups;
     values[c][i][j]; kernels["3x3"][o][c][i][j]; bias[o]; ceil_mode, count_include_pad, divisor_override;
     controls: what the reader may choose, such as {stride: [1, 2, 3]}. */
(function () {
  'use strict';
  if (globalThis.tinyconvWidget) {
    globalThis.tinyconvWidget.mountAll();
    return;
  }

  // --- arithmetic ---------------------------------------------------------------------------------------------

  const range = (n) => Array.from({ length: n }, (_, i) => i);
  const isPool = (s) => s.kind === 'max' || s.kind === 'avg';
  const isTransposed = (s) => s.kind === 'transposed';
  const span = (s, a) => s.dilation[a] * (s.kernel_size[a] - 1) + 1;
  const isWithin = (size, [i, j]) => i >= 0 && j >= 0 && i < size[0] && j < size[1];
  const weightOf = (s, o, c, [i, j]) => s.kernels[s.kernel_size.join('x')][o][c][i][j];
  const biasOf = (s, o) => (s.bias ? s.bias[o] : 0);
  const total = (terms) => terms.reduce((sum, t) => sum + t.x * t.w, 0);

  /** Settings with one of them changed, along all axes that move. */
  function change(s, name, value) {
    if (name === 'groups' || name === 'kind') return { ...s, [name]: value };
    const one = name === 'padding' ? [value, value] : value;
    return { ...s, [name]: s[name].map((old, a) => (s.axes.includes(a) ? one : old)) };
  }

  /** Output cells along axis a, by the formula; below 1 where no window fits. */
  function outputSize(s, a) {
    const [lo, hi] = s.padding[a];
    if (isTransposed(s)) return (s.size[a] - 1) * s.stride[a] - lo - hi + span(s, a) + s.output_padding[a];
    const places = (s.size[a] + lo + hi - span(s, a)) / s.stride[a];
    if (!s.ceil_mode) return Math.floor(places) + 1;
    const last = Math.ceil(places); // a last window that would start in the padding is dropped
    return last * s.stride[a] >= s.size[a] + lo ? last : last + 1;
  }

  /** Why a layer of these settings is refused: a key of WORDS and the numbers that it tells; or null. */
  function illegal(s) {
    for (const a of s.axes) {
      const [lo, hi] = s.padding[a], most = Math.max(s.stride[a], s.dilation[a]);
      if (isPool(s) && 2 * lo > span(s, a)) return ['half', lo, span(s, a)];
      if (isTransposed(s) && s.output_padding[a] >= most) return ['extra', s.output_padding[a], most];
      if (outputSize(s, a) < 1) return isTransposed(s) ? ['cut'] : ['small', span(s, a), s.size[a] + lo + hi];
    }
    return null;
  }

  /** The input channels that output channel o is made of. */
  function sources(s, o) {
    if (isPool(s)) return [o];
    const [read, made] = s.channels.map((c) => c / s.groups);
    return range(read).map((c) => Math.floor(o / made) * read + c);
  }

  /** [tap, input cell] of all taps along axis a that make output cell `out`; the cell may lie in the padding. */
  function taps(s, a, out) {
    const [lo, hi] = s.padding[a], [stride, dilation] = [s.stride[a], s.dilation[a]];
    const pairs = range(s.kernel_size[a]).map((t) =>
      [t, isTransposed(s) ? (out + lo - t * dilation) / stride : out * stride + t * dilation - lo]);
    if (isTransposed(s)) return pairs.filter(([, i]) => Number.isInteger(i) && i >= 0 && i < s.size[a]);
    return pairs.filter(([, i]) => i < s.size[a] + hi); // a last window of ceil_mode reaches no further
  }

  /** One output cell: its value, and its terms: input cell, kernel cell (tap) and output cell, number x, weight w. */
  function outputCell(s, o, i, j) {
    const terms = sources(s, o).flatMap((c) => taps(s, 0, i).flatMap(([ti, ci]) => taps(s, 1, j).map(([tj, cj]) => {
      const cell = [ci, cj], tap = [ti, tj], out = [i, j], pad = !isWithin(s.size, cell);
      return { c, cell, tap, o, out, pad, x: pad ? 0 : s.values[c][ci][cj], w: isPool(s) ? 1 : weightOf(s, o, c, tap) };
    })));
    const real = terms.filter((t) => !t.pad);
    if (s.kind === 'max') {
      const value = Math.max(...real.map((t) => t.x));
      const winner = real.find((t) => t.x === value);
      terms.forEach((t) => { t.w = t === winner ? 1 : 0; });
      return { terms, value };
    }
    if (s.kind === 'avg') {
      const divisor = s.divisor_override || (s.count_include_pad ? terms : real).length;
      const value = total(terms) / divisor;
      terms.forEach((t) => { t.w = 1 / divisor; });
      return { terms, value, divisor };
    }
    return { terms, value: total(terms) + biasOf(s, o) };
  }

  /** The whole output: {error} or {size, cells[o][i][j]}. */
  function compute(s) {
    const error = illegal(s);
    if (error) return { error };
    const size = [outputSize(s, 0), outputSize(s, 1)];
    const cells = range(s.channels[1]).map((o) => range(size[0]).map((i) => range(size[1]).map((j) =>
      outputCell(s, o, i, j))));
    return { size, cells };
  }

  // --- words --------------------------------------------------------------------------------------------------

  const WORDS = {
    en: {
      input: 'input', kernel: 'kernel', output: 'output', window: 'window', channel: 'channel', pad: 'pad',
      size: 'input size', kernel_size: 'kernel size', stride: 'stride', padding: 'padding', dilation: 'dilation',
      output_padding: 'output padding', groups: 'groups', play: 'Play', pause: 'Pause', back: 'One step back',
      next: 'One step on', max: 'largest', avg: 'mean', bias: 'bias',
      hint: 'Point at a cell, tap it, or press the arrow keys.', keys: 'Arrow keys move the cell',
      reaches: 'reaches', spreads: 'is spread over', nothing: 'no output',
      small: (kernel, cells) => `No output: the kernel spans ${kernel} cells, but the input with its padding has ` +
        `only ${cells}. Take a smaller kernel or dilation, or more padding.`,
      half: (padding, window) => `Refused: padding ${padding} is more than half of the window's ${window} cells, so ` +
        'a window could lie wholly in the padding. Take less padding or a larger kernel.',
      extra: (given, most) => `Refused: output padding ${given} must be smaller than stride or dilation, ` +
        `here ${most}: a larger stride reaches that size without it.`,
      cut: () => 'No output: the padding cuts all of it away. Take less padding.',
    },
    zh: {
      input: '输入', kernel: '卷积核', output: '输出', window: '窗口', channel: '通道', pad: '填充',
      size: '输入大小', kernel_size: '卷积核大小', stride: '步幅', padding: '填充', dilation: '膨胀率',
      output_padding: '输出填充', groups: '组数', play: '播放', pause: '暂停', back: '退一步', next: '进一步',
      max: '最大值', avg: '平均值', bias: '偏置',
      hint: '把鼠标移到格子上，或点一下，或按方向键。', keys: '方向键移动格子',
      reaches: '影响到', spreads: '散发到', nothing: '没有输出',
      small: (kernel, cells) => `没有输出：卷积核跨 ${kernel} 格，而输入连同填充只有 ${cells} 格。` +
        '请用小一些的卷积核或膨胀率，或多填充一些。',
      half: (padding, window) => `不允许：填充 ${padding} 超过了窗口 ${window} 格的一半，` +
        '窗口可能整个落在填充里。请少填充一些，或用大一些的窗口。',
      extra: (given, most) => `不允许：输出填充 ${given} 必须小于步幅或膨胀率（这里是 ${most}）：` +
        '步幅大一些，不用它也能得到那个大小。',
      cut: () => '没有输出：填充把它全切掉了。请少填充一些。',
    },
  };

  /** A number as people write it, to three digits. */
  function number(v) {
    const text = Number.isInteger(v) ? String(v) : String(Number(v.toPrecision(3)));
    return text.replace('-', '\u2212');
  }
  /** The same, short enough for a cell. */
  function brief(v) {
    const text = number(v);
    return text.length > 5 && !Number.isInteger(v) ? number(Number(v.toFixed(2))) : text;
  }
  const factor = (v) => (v < 0 ? `(${number(v)})` : number(v));
  const mark = (kind, text) => `<span class="${kind}">${text}</span>`;

  /** The layer as one would write it in Python. */
  function code(s) {
    const name = { conv: 'Conv', transposed: 'ConvTranspose', max: 'MaxPool', avg: 'AvgPool' }[s.kind];
    const tuple = (values) => `(${values.join(', ')}${values.length > 1 ? '' : ','})`;
    const moving = (list) => s.axes.map((a) => list[a]);
    const short = (list) => (new Set(moving(list)).size > 1 ? tuple(moving(list)) : moving(list)[0]);
    const uneven = s.padding.some(([lo, hi]) => lo !== hi);
    const options = [ // name, value, and the value that need not be written
      ['kernel_size', short(s.kernel_size)],
      ['stride', short(s.stride), isPool(s) ? short(s.kernel_size) : 1],
      ['padding', uneven ? tuple(moving(s.padding).map(tuple)) : short(s.padding.map(([lo]) => lo)), 0],
      ['output_padding', short(s.output_padding), 0],
      ['dilation', short(s.dilation), 1],
      ['groups', s.groups, 1],
      ['bias', s.bias || isPool(s) ? 'True' : 'False', 'True'],
      ['ceil_mode', s.ceil_mode ? 'True' : 'False', 'False'],
      ['count_include_pad', s.count_include_pad ? 'True' : 'False', 'True'],
      ['divisor_override', s.divisor_override, null],
    ].filter(([, value, usual]) => value !== usual).map(([option, value]) => `${option}=${value}`);
    return `nn.${name}${s.axes.length}d(${[...(isPool(s) ? [] : s.channels), ...options].join(', ')})`;
  }

  /** How the output size follows, for each axis that is not like the one before. */
  function formula(s) {
    const [open, close] = s.ceil_mode ? '⌈⌉' : '⌊⌋';
    const law = (i, p, d, k, st, e) => (isTransposed(s) ? `(${i} − 1)·${st} − ${p} + ${d}·(${k} − 1) + ${e} + 1`
      : `${open}(${i} + ${p} − ${d}·(${k} − 1) − 1) / ${st}${close} + 1`);
    const lines = s.axes.map((a) => {
      const numbers = law(s.size[a], s.padding[a][0] + s.padding[a][1], s.dilation[a], s.kernel_size[a], s.stride[a],
        s.output_padding[a]);
      return ` = ${numbers} = <b>${number(outputSize(s, a))}</b>`;
    });
    return `o = ${law('i', '2p', 'd', 'k', 's', 'e')}${[...new Set(lines)].join('<br>o')}`;
  }

  // --- the figure ---------------------------------------------------------------------------------------------

  const STYLE = 'widget.css'; // the text of that file, which widget.py puts here
  const PAUSE = 800; // milliseconds between two steps
  const NAMES = { x: 'input', w: 'kernel', y: 'output' }; // the sides of the figure
  const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  function make(parent, tag, attributes = {}, text = '') {
    const element = tag === 'svg' || parent instanceof SVGElement
      ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    element.textContent = text;
    return parent.appendChild(element);
  }

  function mount(root) {
    if (root.dataset.live) return;
    root.dataset.live = 'yes';
    let s = JSON.parse(root.dataset.settings);
    const words = WORDS[s.lang || (document.documentElement.lang.startsWith('zh') ? 'zh' : 'en')];
    const many = s.channels.some((c) => c > 1);
    const first = isTransposed(s) ? 'x' : 'y'; // the side that the film goes through, cell by cell
    const sizeOf = (side) => ({ x: s.size, w: s.kernel_size, y: made.size })[side];
    let made = compute(s);
    let grids; // what has been drawn: {x, w, y: grids of that side, q: a cell's width, back, frames}
    let timer = null, film = null; // film: how many steps have been taken, null when all is shown
    let selected = { side: first, c: 0, at: sizeOf(first).map((n) => Math.floor((n - 1) / 2)) };
    let shownOutput = 0; // the output channel whose kernels are shown

    root.textContent = '';
    root.setAttribute('role', 'group');
    const sliders = make(root, 'div', { class: 'tw-sliders' });
    const figure = make(root, 'div', { class: 'tw-figure' });
    const bar = make(root, 'div', { class: 'tw-bar' });
    const sum = make(root, 'div', { class: 'tw-sum', 'aria-live': 'polite' });
    const size = make(root, 'div', { class: 'tw-size' });

    // --- controls ---
    function slider([name, options]) {
      const label = make(sliders, 'label', {}, words[isPool(s) && name === 'kernel_size' ? 'window' : name]);
      const shown = make(label, 'b');
      const input = make(label, 'input', { type: 'range', min: 0, max: options.length - 1, step: 1 });
      const tell = () => {
        const one = (a) => [...new Set([s[name][a]].flat())].join(); // a padding alike on both sides is one number
        const values = name === 'groups' ? [s.groups] : s.axes.map(one);
        shown.textContent = [...new Set(values)].join(' × ');
        input.setAttribute('aria-valuetext', shown.textContent);
        return Number(values.at(-1));
      };
      input.value = Math.max(0, options.indexOf(tell()));
      input.addEventListener('input', () => {
        s = change(s, name, options[input.value]);
        tell();
        redraw();
      });
    }

    function button(text, title, act) {
      const element = make(bar, 'button', { type: 'button', title, 'aria-label': title }, text);
      element.addEventListener('click', act);
      return element;
    }

    const { kind: kindsToChoose = [], ...sliding } = s.controls;
    Object.entries(sliding).forEach(slider);
    button('‹', words.back, () => { stop(); step(-1); });
    const play = button(words.play, words.play, () => (timer ? stop() : start()));
    button('›', words.next, () => { stop(); step(1); });
    const kinds = kindsToChoose.map((kind) =>
      [kind, button(words[kind], words[kind], () => { s = change(s, 'kind', kind); redraw(); })]);
    make(bar, 'span', { class: 'tw-hint' }, words.hint);

    // --- drawing ---
    function redraw() {
      rest();
      made = compute(s);
      kinds.forEach(([kind, element]) => element.setAttribute('aria-pressed', kind === s.kind));
      size.innerHTML = `<code>${code(s)}</code><br>${formula(s)}`;
      sum.style.minHeight = '';
      show();
    }

    function show() {
      draw();
      if (made.error) {
        const [reason, ...numbers] = made.error;
        fill();
        sum.innerHTML = `<div class="bad">${words[reason](...numbers)}</div>`;
      } else {
        const last = sizeOf(selected.side);
        select(selected.side, selected.c, selected.at.map((i, a) => Math.min(i, last[a] - 1)));
      }
    }

    /** First and last position of a grid along both axes: with the padding that a window can reach. */
    function extent(side) {
      const padded = side === (isTransposed(s) ? 'y' : 'x');
      return sizeOf(side).map((n, a) => (padded ? [-s.padding[a][0], n - 1 + s.padding[a][1]] : [0, n - 1]));
    }

    /** Each side's title, number of grids, and their extent in cells. */
    function describe(side) {
      const channels = { x: s.channels[0], w: sources(s, 0).length, y: s.channels[1] }[side];
      const shape = [...(many ? [channels] : []), ...s.axes.map((a) => sizeOf(side)[a])].join(' × ');
      const title = side !== 'w' ? `${words[NAMES[side]]} ${shape}` : isPool(s) ? words[s.kind] : words.kernel;
      const [height, width] = extent(side).map(([from, to]) => to - from + 1);
      const titleWidth = [...title].reduce((n, c) => n + (c > '\u2e80' ? 12.5 : 6.8), 0);
      return { side, channels, title, height, width: (q) => Math.max(width * q, titleWidth) };
    }

    function draw() {
      const room = Math.max(200, figure.clientWidth || 640), gap = room < 480 ? 20 : 44;
      const [head, between] = [22, many ? 12 : 0];
      const sides = (made.error ? ['x', 'w'] : ['x', 'w', 'y']).map(describe);
      const widest = (rows, q) => Math.max(...rows.map((row) =>
        row.reduce((n, one) => n + one.width(q), 0) + gap * (row.length - 1) + 4));
      // the first arrangement whose cells can be read, else the last: side by side, the output below, all below
      const arrangements = [[sides], [sides.slice(0, 2), sides.slice(2)], sides.map((one) => [one])];
      let rows, q;
      for (rows of arrangements.slice(0, made.error ? 1 : many ? 2 : 3)) {
        q = 42;
        while (q > 13 && widest(rows, q) > room) q -= 1;
        if (q >= (many ? 20 : 24)) break;
      }
      figure.textContent = '';
      const svg = make(figure, 'svg', { role: 'group' });
      grids = { x: [], w: [], y: [], q, back: make(svg, 'g') };
      let top = 2;
      for (const row of rows) {
        let left = 2;
        const tallest = Math.max(...row.map((one) => one.height)) * q;
        for (const one of row) {
          make(svg, 'text', { class: 'title', x: left, y: top + 8 }, one.title);
          for (const c of range(one.channels)) {
            const down = top + head + c * (tallest + between) + (tallest - one.height * q) / 2;
            grids[one.side].push(drawGrid(svg, one.side, c, left, down, q));
          }
          left += one.width(q) + gap;
        }
        top += head + Math.max(...row.map((one) => one.channels)) * (tallest + between) + 8;
      }
      const used = widest(rows, q);
      svg.setAttribute('viewBox', `0 0 ${used} ${top}`);
      svg.setAttribute('width', used);
      svg.setAttribute('height', top);
      grids.frames = make(svg, 'g');
    }

    function drawGrid(svg, side, c, left, top, q) {
      const name = `${words[NAMES[side]]}${many ? ` ${words.channel} ${c}` : ''}. ${words.keys}.`;
      const canFocus = side === 'w' ? {} : { tabindex: 0, role: 'application', 'aria-label': name };
      const group = make(svg, 'g', { class: `grid ${NAMES[side]}`, 'data-side': side, 'data-c': c, ...canFocus });
      const cells = {}; // by "i,j", as an array [i, j] is written where it is a key
      const [[up, down], [west, east]] = extent(side);
      for (let i = up; i <= down; i += 1) for (let j = west; j <= east; j += 1) {
        const pad = !isWithin(sizeOf(side), [i, j]);
        const x = left + (j - west) * q, y = top + (i - up) * q;
        const cell = make(group, 'g', { class: pad ? 'cell pad' : 'cell', 'data-i': i, 'data-j': j });
        make(cell, 'rect', { x, y, width: q, height: q });
        const text = make(cell, 'text', { x: x + q / 2, y: y + q / 2 });
        const small = make(cell, 'text', { class: 'small', x: x + q - 2.5, y: y + q - 6 });
        cells[[i, j]] = { at: [i, j], pad, x, y, cell, text, small };
      }
      make(group, 'rect', { class: 'ring', x: left - 3, y: top - 3, width: (east - west + 1) * q + 6,
        height: (down - up + 1) * q + 6, rx: 5 });
      return { group, top, cells };
    }

    function write(entry, text) {
      const length = Math.max(text.includes('.') ? 5 : 1, text.length); // fractions alike
      entry.text.textContent = text;
      entry.text.style.fontSize = `${Math.min(14, grids.q * 0.46, (grids.q - 3) / length / 0.58)}px`;
      note(entry, '');
    }

    /** A small factor or addend in the corner of a cell, where there is room. */
    function note(entry, text) {
      entry.small.textContent = grids.q >= 27 && text.length <= 4 ? text : '';
    }

    // --- the selection ---

    /** All terms that touch the selected cell. */
    function links() {
      const { side, c, at } = selected;
      if (side === 'y') return made.cells[c][at[0]][at[1]].terms;
      return made.cells.flat(2).flatMap((cell) => cell.terms).filter((t) => t.c === c && `${t.cell}` === `${at}`);
    }

    function select(side, c, at) {
      selected = { side, c, at };
      const lit = links();
      if (side === 'y') shownOutput = c;
      else if (lit.length && !lit.some((t) => t.o === shownOutput)) shownOutput = lit[0].o;
      const inputs = sources(s, shownOutput);
      root.querySelectorAll('.lit').forEach((cell) => cell.classList.remove('lit'));
      fill();
      grids.x.forEach((grid, g) => grid.group.classList.toggle('dim', !inputs.includes(g)));
      const down = isPool(s) ? 0 : grids.x[inputs[0]].top - grids.x[0].top; // the kernels stand beside their inputs
      grids.w.forEach((grid) => grid.group.setAttribute('transform', `translate(0 ${down})`));
      for (const t of lit) {
        const [x, y] = [grids.x[t.c].cells[t.cell], grids.y[t.o].cells[t.out]];
        x.cell.classList.add('lit');
        y.cell.classList.add('lit');
        if (side === 'y' && !isPool(s)) note(x, `×${number(t.w)}`);
        if (side === 'x' && !isPool(s) && film === null) note(y, `+${number(t.x * t.w)}`);
        if (t.o !== shownOutput) continue;
        const tap = grids.w[inputs.indexOf(t.c)].cells[t.tap];
        if (s.kind !== 'max' || t.w) tap.cell.classList.add('lit');
        if (s.kind === 'max' && side === 'y') write(tap, t.pad ? '' : brief(t.x));
      }
      drawFrames(lit);
      sum.innerHTML = `<div>${(side === 'y' ? gathered(lit) : spread(lit)).join('</div><div>')}</div>`;
      sum.style.minHeight = `${Math.max(sum.offsetHeight, parseFloat(sum.style.minHeight) || 0)}px`;
    }

    /** Numbers in all cells; while the film runs, outputs as far as it has come. */
    function fill() {
      const each = (grid, text) => Object.values(grid.cells).forEach((entry) => write(entry, text(entry)));
      const inputs = sources(s, shownOutput);
      const area = s.divisor_override || s.kernel_size[0] * s.kernel_size[1];
      const padding = s.kind === 'max' ? '' : '0';
      grids.x.forEach((grid, c) => each(grid, ({ at: [i, j], pad }) => (pad ? padding : brief(s.values[c][i][j]))));
      grids.w.forEach((grid, k) => each(grid, ({ at }) =>
        ({ max: '', avg: `1/${area}` })[s.kind] ?? brief(weightOf(s, shownOutput, inputs[k], at))));
      grids.y.forEach((grid, o) => each(grid, ({ at: [i, j], pad }) => (pad ? '' : soFar(o, i, j))));
    }

    /** What an output cell shows after `film` steps; nothing before its turn. */
    function soFar(o, i, j) {
      const { value, terms } = made.cells[o][i][j];
      const turn = (c, [i, j], [h, w]) => (c * h + i) * w + j;
      if (film === null) return brief(value);
      if (!isTransposed(s)) return turn(o, [i, j], made.size) < film ? brief(value) : '';
      return brief(total(terms.filter((t) => turn(t.c, t.cell, s.size) < film)) + biasOf(s, o));
    }

    /** Frames around what takes part on both sides, and a beam from one to the other. */
    function drawFrames(lit) {
      grids.back.textContent = '';
      grids.frames.textContent = '';
      const frame = (kind, entries) => {
        const xs = entries.map((e) => e.x), ys = entries.map((e) => e.y);
        const [x, y] = [Math.min(...xs), Math.min(...ys)];
        const [width, height] = [Math.max(...xs) - x + grids.q, Math.max(...ys) - y + grids.q];
        make(grids.frames, 'rect', { class: `frame ${kind}`, x, y, width, height, rx: 3 });
        return [x, y, x + width, y + height];
      };
      const pair = (t) => `${t.c} ${t.o}`;
      for (const each of new Set(lit.map(pair))) {
        const these = lit.filter((t) => pair(t) === each);
        const a = frame('in', these.map((t) => grids.x[t.c].cells[t.cell]));
        const b = frame('out', these.map((t) => grids.y[t.o].cells[t.out]));
        const points = b[0] > a[2] ? [a[2], a[1], b[0], b[1], b[0], b[3], a[2], a[3]]
          : [a[0], a[3], b[0], b[1], b[2], b[1], a[2], a[3]];
        make(grids.back, 'polygon', { class: 'beam', points: points.join(' ') });
      }
      const { side, c, at } = selected;
      if (!lit.length) frame(side === 'x' ? 'in' : 'out', [grids[side][c].cells[at]]);
    }

    // --- the sum in words: its lines ---

    function named(letter, c, at) {
      const place = s.axes.map((a) => at[a]);
      return mark(letter, `${letter}[${(many ? [c, ...place] : place).join(', ')}]`);
    }

    function gathered(lit) {
      const { c: o, at: [i, j] } = selected, cell = made.cells[o][i][j];
      const name = named('y', o, [i, j]), result = mark('y', number(cell.value));
      const value = (t) => mark('x', t.pad && s.kind === 'max' ? words.pad : factor(t.x));
      if (s.kind === 'max') return [`${name} = max(${lit.map(value).join(', ')}) = ${result}`];
      if (s.kind === 'avg') {
        return [`${name} = (${lit.map(value).join(' + ')}) / ${mark('w', cell.divisor)} = ${result}`];
      }
      const products = (terms) => terms.map((t) => `${value(t)}·${mark('w', factor(t.w))}`).join(' + ') || '0';
      const bias = s.bias ? ` + ${factor(s.bias[o])} (${words.bias})` : '';
      const parts = sources(s, o).map((c) => [c, lit.filter((t) => t.c === c)]);
      if (parts.length === 1) return [`${name} = ${products(lit)}${bias} = ${result}`];
      const lines = parts.map(([c, terms]) => `${words.channel} ${c}: ${products(terms)} = ${number(total(terms))}`);
      return [...lines, `${name} = ${parts.map(([, terms]) => factor(total(terms))).join(' + ')}${bias} = ${result}`];
    }

    function spread(lit) {
      const { c, at } = selected, value = s.values[c][at[0]][at[1]];
      const weigh = (t) => (s.kind === 'max' ? '' : ` += ${mark('x', factor(value))}·${mark('w', factor(t.w))}`);
      const reached = lit.filter((t) => s.kind !== 'max' || t.w).map((t) => named('y', t.o, t.out) + weigh(t));
      const verb = isTransposed(s) ? words.spreads : words.reaches;
      return [`${named('x', c, at)} = ${mark('x', number(value))} ${verb} ${reached.join(', ') || words.nothing}`];
    }

    // --- moving ---

    function step(by) {
      if (made.error) return;
      const [h, w] = sizeOf(first), last = grids[first].length * h * w;
      film = film === null ? (by > 0 ? 1 : last) : (film - 1 + by + last) % last + 1;
      const index = film - 1;
      select(first, Math.floor(index / (h * w)), [Math.floor(index / w) % h, index % w]);
      if (film === last && timer) stop();
    }

    function start() {
      if (made.error) return;
      film = null;
      sum.setAttribute('aria-live', 'off');
      play.textContent = words.pause;
      timer = setInterval(() => (root.isConnected ? step(1) : stop()), PAUSE);
      step(1);
    }

    function stop() {
      clearInterval(timer);
      timer = null;
      sum.setAttribute('aria-live', 'polite');
      play.textContent = words.play;
    }

    /** The end of the film: all is shown. */
    function rest() {
      stop();
      film = null;
    }

    function choose({ target }) {
      const cell = target.closest('.cell:not(.pad)'), grid = cell && cell.closest('[tabindex]');
      if (!grid || made.error) return;
      rest();
      select(grid.dataset.side, Number(grid.dataset.c), [Number(cell.dataset.i), Number(cell.dataset.j)]);
    }

    figure.addEventListener('pointerover', (event) => { if (event.pointerType === 'mouse') choose(event); });
    figure.addEventListener('click', choose);
    figure.addEventListener('keydown', (event) => {
      const grid = event.target.closest('.grid'), move = STEPS[event.key];
      if (!grid || !move || made.error) return;
      event.preventDefault();
      rest();
      const side = grid.dataset.side, c = Number(grid.dataset.c), last = sizeOf(side);
      const here = selected.side === side && selected.c === c;
      select(side, c, here ? selected.at.map((i, a) => Math.max(0, Math.min(last[a] - 1, i + move[a]))) : [0, 0]);
    });

    redraw();
    let lastWidth = 0;
    new ResizeObserver(() => {
      if (Math.abs(figure.clientWidth - lastWidth) < 2) return;
      lastWidth = figure.clientWidth;
      show();
    }).observe(figure);
  }

  function mountAll() {
    document.querySelectorAll('.tinyconv-widget[data-settings]').forEach(mount);
  }

  make(document.head, 'style', { id: 'tinyconv-widget-style' }, STYLE);
  globalThis.tinyconvWidget = { change, code, compute, mountAll };
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', mountAll);
  else mountAll();
}());
