/* The sliding window, driven by its reader: input, kernel and output as grids of numbers.

   Every element of the class "tinyconv-widget" with a data-settings attribute (JSON, written by widget.py) becomes a
   figure.  The first part is arithmetic alone, without a page; the second draws it.  Settings s:
     kind ("conv", "transposed", "max", "avg"), axes (those that move), size, kernel_size, stride, dilation,
     output_padding: [rows, columns]; padding: [[top, bottom], [left, right]]; channels: [in, out]; groups;
     values[c][i][j]; kernels["3x3"][o][c][i][j]; bias[o]; ceil_mode, count_include_pad, divisor_override. */
(function () {
  'use strict';
  if (globalThis.tinyconvWidget) return globalThis.tinyconvWidget.mountAll();

  // --- arithmetic ---------------------------------------------------------------------------------------------

  const range = (n) => Array.from({ length: Math.max(0, n) }, (_, i) => i);
  const isPool = (s) => s.kind === 'max' || s.kind === 'avg';
  const span = (s, a) => s.dilation[a] * (s.kernel_size[a] - 1) + 1;

  /** Settings with one of them changed, along all axes that move. */
  function change(s, name, value) {
    if (['groups', 'kind'].includes(name)) return { ...s, [name]: value };
    const one = name === 'padding' ? [value, value] : value;
    return { ...s, [name]: s[name].map((old, a) => (s.axes.includes(a) ? one : old)) };
  }

  /** Output cells along axis a, by the formula; below 1 where no window fits. */
  function outputSize(s, a) {
    const [lo, hi] = s.padding[a];
    if (s.kind === 'transposed') {
      return (s.size[a] - 1) * s.stride[a] - lo - hi + span(s, a) + s.output_padding[a];
    }
    const places = (s.size[a] + lo + hi - span(s, a)) / s.stride[a];
    if (!s.ceil_mode) return Math.floor(places) + 1;
    const count = Math.ceil(places) + 1; // a last window that would start in the padding is dropped
    return count - ((count - 1) * s.stride[a] >= s.size[a] + lo ? 1 : 0);
  }

  /** Why a layer of these settings is refused: a key of WORDS and the axis; or null. */
  function illegal(s) {
    for (const a of s.axes) {
      if (isPool(s) && 2 * s.padding[a][0] > span(s, a)) return ['half', a];
      if (s.kind === 'transposed' && s.output_padding[a] >= Math.max(s.stride[a], s.dilation[a])) return ['extra', a];
      if (outputSize(s, a) < 1) return [s.kind === 'transposed' ? 'cut' : 'small', a];
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
    const [lo, hi] = s.padding[a];
    const pairs = range(s.kernel_size[a]).map((t) =>
      s.kind === 'transposed'
        ? [t, (out + lo - t * s.dilation[a]) / s.stride[a]]
        : [t, out * s.stride[a] + t * s.dilation[a] - lo]);
    if (s.kind === 'transposed') return pairs.filter(([, i]) => Number.isInteger(i) && i >= 0 && i < s.size[a]);
    return pairs.filter(([, i]) => !isPool(s) || i < s.size[a] + hi);
  }

  /** What an average at output cell (i, j) divides by. */
  function divisor(s, place) {
    if (s.divisor_override) return s.divisor_override;
    return place.map((p, a) => {
      const start = p * s.stride[a] - s.padding[a][0];
      const end = Math.min(start + s.kernel_size[a], s.size[a] + s.padding[a][1]);
      return s.count_include_pad ? end - start : Math.min(end, s.size[a]) - Math.max(start, 0);
    }).reduce((m, n) => m * n, 1);
  }

  /** One output cell: its terms {c, cell, tap, pad, x, w} and its value. */
  function outputCell(s, weight, o, i, j) {
    const terms = [];
    for (const c of sources(s, o)) for (const [ti, ci] of taps(s, 0, i)) for (const [tj, cj] of taps(s, 1, j)) {
      const pad = ci < 0 || cj < 0 || ci >= s.size[0] || cj >= s.size[1];
      const w = isPool(s) ? 1 : weight[o][c][ti][tj];
      terms.push({ c, cell: [ci, cj], tap: [ti, tj], pad, x: pad ? 0 : s.values[c][ci][cj], w });
    }
    if (s.kind === 'max') {
      const real = terms.filter((t) => !t.pad);
      const value = Math.max(...real.map((t) => t.x));
      const winner = real.find((t) => t.x === value);
      terms.forEach((t) => { t.w = t === winner ? 1 : 0; });
      return { terms, value };
    }
    const total = terms.reduce((sum, t) => sum + t.x * t.w, 0);
    if (s.kind === 'avg') {
      const n = divisor(s, [i, j]);
      terms.forEach((t) => { t.w = 1 / n; });
      return { terms, value: total / n, divisor: n };
    }
    return { terms, value: total + (s.bias ? s.bias[o] : 0) };
  }

  /** The whole output: {error} or {size, cells[o][i][j]}. */
  function compute(s) {
    const error = illegal(s);
    if (error) return { error };
    const size = [outputSize(s, 0), outputSize(s, 1)];
    const weight = s.kernels && s.kernels[s.kernel_size.join('x')];
    const cells = range(s.channels[1]).map((o) => range(size[0]).map((i) => range(size[1]).map((j) =>
      outputCell(s, weight, o, i, j))));
    return { size, cells };
  }

  // --- words --------------------------------------------------------------------------------------------------

  const WORDS = {
    en: {
      input: 'input', kernel: 'kernel', output: 'output', window: 'window', channel: 'channel', pad: 'pad',
      size: 'input size', kernel_size: 'kernel size', stride: 'stride', padding: 'padding', dilation: 'dilation',
      output_padding: 'output padding', groups: 'groups', play: 'Play', pause: 'Pause', back: 'One step back',
      next: 'One step on', max: 'largest', avg: 'mean', bias: 'bias', total: 'sum',
      hint: 'Point at a cell, tap it, or press the arrow keys.', keys: 'Arrow keys move the cell',
      reaches: 'reaches', spreads: 'is spread over', nothing: 'no output',
      small: (s, a) => `No output: the kernel spans ${span(s, a)} cells, but the input with its padding has only ` +
        `${s.size[a] + s.padding[a][0] + s.padding[a][1]}. Take a smaller kernel or dilation, or more padding.`,
      half: (s, a) => `Refused: padding ${s.padding[a][0]} is more than half of the window's ${span(s, a)} cells, so ` +
        'a window could lie wholly in the padding. Take less padding or a larger kernel.',
      extra: (s, a) => `Refused: output padding ${s.output_padding[a]} must be smaller than stride or dilation, ` +
        `here ${Math.max(s.stride[a], s.dilation[a])}: a larger stride reaches that size without it.`,
      cut: () => 'No output: the padding cuts all of it away. Take less padding.',
    },
    zh: {
      input: '输入', kernel: '卷积核', output: '输出', window: '窗口', channel: '通道', pad: '填充',
      size: '输入大小', kernel_size: '卷积核大小', stride: '步幅', padding: '填充', dilation: '膨胀率',
      output_padding: '输出填充', groups: '组数', play: '播放', pause: '暂停', back: '退一步', next: '进一步',
      max: '最大值', avg: '平均值', bias: '偏置', total: '和',
      hint: '把鼠标移到格子上，或点一下，或按方向键。', keys: '方向键移动格子',
      reaches: '影响到', spreads: '散发到', nothing: '没有输出',
      small: (s, a) => `没有输出：卷积核跨 ${span(s, a)} 格，而输入连同填充只有 ` +
        `${s.size[a] + s.padding[a][0] + s.padding[a][1]} 格。请用小一些的卷积核或膨胀率，或多填充一些。`,
      half: (s, a) => `不允许：填充 ${s.padding[a][0]} 超过了窗口 ${span(s, a)} 格的一半，` +
        '窗口可能整个落在填充里。请少填充一些，或用大一些的窗口。',
      extra: (s, a) => `不允许：输出填充 ${s.output_padding[a]} 必须小于步幅或膨胀率（这里是 ` +
        `${Math.max(s.stride[a], s.dilation[a])}）：步幅大一些，不用它也能得到那个大小。`,
      cut: () => '没有输出：填充把它全切掉了。请少填充一些。',
    },
  };

  /** A number as people write it, to three digits. */
  function number(v) {
    const text = Number.isInteger(v) ? String(v) : String(Number(v.toPrecision(3)));
    return text.replace('-', '\u2212');
  }
  const factor = (v) => (v < 0 ? `(${number(v)})` : number(v));
  const mark = (kind, text) => `<span class="${kind}">${text}</span>`;

  /** The layer as one would write it in Python. */
  function code(s) {
    const name = { conv: 'Conv', transposed: 'ConvTranspose', max: 'MaxPool', avg: 'AvgPool' }[s.kind];
    const pick = (list) => {
      const values = s.axes.map((a) => list[a]);
      return values.every((v) => v === values[0]) ? String(values[0]) : `(${values.join(', ')})`;
    };
    const options = ['stride', 'padding', 'output_padding', 'dilation'].map((option) => {
      const pairs = option === 'padding' && s.axes.some((a) => s.padding[a][0] !== s.padding[a][1]);
      if (pairs) return ` padding=(${s.axes.map((a) => `(${s.padding[a].join(', ')})`).join(', ')}),`;
      const value = pick(option === 'padding' ? s.padding.map((p) => p[0]) : s[option]);
      const usual = { stride: isPool(s) ? pick(s.kernel_size) : '1', dilation: '1' }[option] || '0';
      return value === usual ? '' : ` ${option}=${value},`;
    }).join('');
    const channels = isPool(s) ? '' : `${s.channels.join(', ')}, `;
    const rest = [
      s.groups > 1 ? ` groups=${s.groups},` : '', isPool(s) || s.bias ? '' : ' bias=False,',
      s.ceil_mode ? ' ceil_mode=True,' : '',
      s.kind === 'avg' && !s.count_include_pad ? ' count_include_pad=False,' : '',
      s.divisor_override ? ` divisor_override=${s.divisor_override},` : ''].join('');
    const all = `${channels}kernel_size=${pick(s.kernel_size)},${options}${rest}`.replace(/,$/, '');
    return `nn.${name}${s.axes.length}d(${all})`;
  }

  /** How the output size follows, for each axis that is not like the one before. */
  function formula(s) {
    const [open, close] = s.ceil_mode ? '⌈⌉' : '⌊⌋';
    const up = s.kind === 'transposed';
    const law = up ? 'o = (i − 1)·s − 2p + d·(k − 1) + e + 1' : `o = ${open}(i + 2p − d·(k − 1) − 1) / s${close} + 1`;
    const lines = s.axes.map((a) => {
      const p = s.padding[a][0] + s.padding[a][1];
      const [i, k, st, d] = [s.size[a], s.kernel_size[a], s.stride[a], s.dilation[a]];
      const numbers = up ? `(${i} − 1)·${st} − ${p} + ${d}·(${k} − 1) + ${s.output_padding[a]} + 1`
        : `${open}(${i} + ${p} − ${d}·(${k} − 1) − 1) / ${st}${close} + 1`;
      return ` = ${numbers} = <b>${number(outputSize(s, a))}</b>`;
    });
    return law + [...new Set(lines)].join('<br>o');
  }

  // --- the figure ---------------------------------------------------------------------------------------------

  const LIGHT = '--page:#ffffff;--ink:#1c2330;--faint:#566072;--line:#8791a3;--input:#eaf1fe;--read:#8fb8f8;' +
    '--kernel:#fdeecb;--used:#f6c95c;--output:#e4f5ea;--written:#7fd6a0;--x-ink:#1d55ad;--w-ink:#835300;' +
    '--y-ink:#14693a;--bad:#a3360a;';
  const DARK = '--page:#16181d;--ink:#e8eaf0;--faint:#a9b2c3;--line:#78839a;--input:#1b2740;--read:#2f62b5;' +
    '--kernel:#4a3a12;--used:#8a6716;--output:#16301f;--written:#237a49;--x-ink:#8fb8f8;--w-ink:#f0c560;' +
    '--y-ink:#7fd6a0;--bad:#ffab85;';
  const STYLE = `
.tinyconv-widget{${LIGHT}background:var(--page);color:var(--ink);border:1px solid color-mix(in srgb,var(--line) 45%,
transparent);border-radius:8px;padding:14px;margin:1rem 0;font-size:14px;line-height:1.5;box-sizing:border-box;max-width:100%}
@media(prefers-color-scheme:dark){.tinyconv-widget{${DARK}}}
:is([data-theme="dark"],[data-jp-theme-light="false"]) .tinyconv-widget{${DARK}}
:is([data-theme="light"],[data-jp-theme-light="true"]) .tinyconv-widget{${LIGHT}}
.tinyconv-widget .tw-sliders{display:grid;grid-template-columns:repeat(auto-fit,minmax(132px,1fr));gap:6px 18px}
.tinyconv-widget label{display:block;font-size:13px;color:var(--faint)}
.tinyconv-widget label b{float:right;color:var(--ink);font-variant-numeric:tabular-nums}
.tinyconv-widget input[type=range]{width:100%;margin:2px 0;height:24px;accent-color:var(--x-ink);cursor:pointer}
.tinyconv-widget .tw-bar{display:flex;flex-wrap:wrap;gap:6px;align-items:center;margin:6px 0}
.tinyconv-widget button{font:inherit;color:var(--ink);background:var(--input);border:1px solid var(--line);
border-radius:6px;min-width:40px;min-height:34px;padding:2px 12px;cursor:pointer}
.tinyconv-widget button[aria-pressed=true]{background:var(--read)}
.tinyconv-widget :is(button,input):focus-visible{outline:2px solid var(--x-ink);outline-offset:2px}
.tinyconv-widget code{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;
background:none;border:0;padding:0;color:var(--ink);overflow-wrap:anywhere}
.tinyconv-widget .tw-hint{color:var(--faint);font-size:13px}
.tinyconv-widget .tw-sum{overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.tinyconv-widget .tw-sum div{padding-left:1.2em;text-indent:-1.2em}
.tinyconv-widget .tw-size{color:var(--faint);font-size:13px;border-top:1px solid color-mix(in srgb,var(--line) 30%,
transparent);margin-top:8px;padding-top:6px;font-variant-numeric:tabular-nums}
.tinyconv-widget .tw-size b{color:var(--y-ink)}
.tinyconv-widget :is(.tw-sum,.tw-size,svg){font-family:"Segoe UI",Roboto,Helvetica,Arial,"PingFang SC",
"Microsoft YaHei","Noto Sans CJK SC",sans-serif}
.tinyconv-widget .x{color:var(--x-ink)}.tinyconv-widget .w{color:var(--w-ink)}
.tinyconv-widget .y{color:var(--y-ink);font-weight:600}.tinyconv-widget .bad{color:var(--bad)}
.tinyconv-widget svg{display:block;max-width:100%;margin:14px auto 6px;overflow:visible;user-select:none;
-webkit-user-select:none}
.tinyconv-widget svg .grid{outline:none}
.tinyconv-widget svg .cell{cursor:pointer}.tinyconv-widget svg .kernel .cell{cursor:default}
.tinyconv-widget svg .cell rect{stroke:var(--line);stroke-width:1;transition:fill .15s}
.tinyconv-widget svg .input .cell rect{fill:var(--input)}.tinyconv-widget svg .kernel .cell rect{fill:var(--kernel)}
.tinyconv-widget svg .output .cell rect{fill:var(--output)}
.tinyconv-widget svg .grid .cell.pad rect{fill:var(--page);stroke-dasharray:3 3;stroke-opacity:.7}
.tinyconv-widget svg .input .cell.lit rect{fill:var(--read)}
.tinyconv-widget svg .kernel .cell.lit rect{fill:var(--used)}
.tinyconv-widget svg .output .cell.lit rect{fill:var(--written)}
.tinyconv-widget svg .input .cell.pad.lit rect{fill:color-mix(in srgb,var(--read) 35%,var(--page))}
.tinyconv-widget svg .output .cell.pad rect{fill:var(--page)}
.tinyconv-widget svg text{fill:var(--ink);text-anchor:middle;dominant-baseline:central;pointer-events:none;
font-variant-numeric:tabular-nums;font-family:inherit}
.tinyconv-widget svg .pad text{fill:var(--faint)}
.tinyconv-widget svg text.small{font-size:9px;text-anchor:end;fill:var(--ink);opacity:.75}
.tinyconv-widget svg text.title{text-anchor:start;font-size:12px;fill:var(--faint)}
.tinyconv-widget svg .dim{opacity:.3}
.tinyconv-widget svg .beam{fill:var(--written);opacity:.16}
.tinyconv-widget svg .frame{fill:none;stroke-width:2.5;pointer-events:none;transition:all .15s}
.tinyconv-widget svg .frame.in{stroke:var(--x-ink)}.tinyconv-widget svg .frame.out{stroke:var(--y-ink)}
.tinyconv-widget svg .ring{fill:none;stroke:none;pointer-events:none}
.tinyconv-widget svg .grid:focus-visible .ring{stroke:var(--x-ink);stroke-width:2;stroke-dasharray:5 3}
@media(prefers-reduced-motion:reduce){.tinyconv-widget *{transition:none!important}}`;

  const RANGES = { size: [2, 8], kernel_size: [1, 5], stride: [1, 4], padding: [0, 3], dilation: [1, 3],
    output_padding: [0, 2] };
  const NARROWER = { size: [2, 4], kernel_size: [1, 4], stride: [1, 3], dilation: [1, 2] }; // an output that grows
  const PAUSE = 800; // milliseconds between two steps

  const make = (tag, attributes, parent, text) => {
    const svg = ['svg', 'g', 'rect', 'text', 'polygon'].includes(tag);
    const element = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    if (text !== undefined) element.textContent = text;
    if (parent) parent.appendChild(element);
    return element;
  };

  /** What a slider may be: [first, last], or the divisors of both channels for the groups. */
  function choices(s, name) {
    if (name === 'groups') {
      return range(s.channels[0]).map((g) => g + 1).filter((g) => s.channels.every((c) => c % g === 0));
    }
    const [least, most] = (s.kind === 'transposed' && NARROWER[name]) || RANGES[name];
    const given = s.axes.map((a) => (name === 'padding' ? Math.max(...s.padding[a]) : s[name][a]));
    const last = name === 'size' ? Math.min(most, s.values[0][0].length) : most;
    return range(Math.max(last, ...given) - least + 1).map((n) => n + least);
  }

  function mount(root) {
    if (root.dataset.live) return;
    root.dataset.live = 'yes';
    let s = JSON.parse(root.dataset.settings);
    const page = document.documentElement.lang || '';
    const words = WORDS[s.lang || (page.startsWith('zh') ? 'zh' : 'en')];
    const many = () => s.channels[0] > 1 || s.channels[1] > 1;
    let made, grids, svg, timer = null, film = null; // film: how many steps have been taken, null when all is shown
    let selected = null; // {side: 'x' or 'y', c, at: [i, j]}
    let shownOutput = 0; // the output channel whose kernels are shown

    root.textContent = '';
    root.setAttribute('role', 'group');
    const sliders = make('div', { class: 'tw-sliders' }, root);
    const figure = make('div', { class: 'tw-figure' }, root);
    const bar = make('div', { class: 'tw-bar' }, root);
    const sum = make('div', { class: 'tw-sum', 'aria-live': 'polite' }, root);
    const size = make('div', { class: 'tw-size' }, root);

    // --- controls ---
    const labels = {};
    s.controls.filter((name) => name !== 'kind').forEach((name) => {
      const options = choices(s, name);
      const label = make('label', {}, sliders, words[isPool(s) && name === 'kernel_size' ? 'window' : name]);
      labels[name] = make('b', {}, label);
      const input = make('input', { type: 'range', min: 0, max: options.length - 1, step: 1 }, label);
      const tell = () => {
        const one = (a) => String(s[name][a]).replace(/^(.*),\1$/, '$1'); // a padding alike on both sides
        const values = name === 'groups' ? [s.groups] : s.axes.map(one);
        labels[name].textContent = [...new Set(values)].join(' × ');
        input.setAttribute('aria-valuetext', labels[name].textContent);
        return values[values.length - 1];
      };
      input.value = Math.max(0, options.indexOf(Number(tell())));
      input.addEventListener('input', () => {
        s = change(s, name, options[Number(input.value)]);
        tell();
        redraw();
      });
    });
    const button = (text, title, act) => {
      const element = make('button', { type: 'button', title, 'aria-label': title }, bar, text);
      element.addEventListener('click', act);
      return element;
    };
    button('‹', words.back, () => { stop(); step(-1); });
    const play = button(words.play, words.play, () => (timer ? stop() : start()));
    button('›', words.next, () => { stop(); step(1); });
    const kinds = s.controls.includes('kind') ? ['max', 'avg'].map((kind) =>
      [kind, button(words[kind], words[kind], () => { s = change(s, 'kind', kind); redraw(); })]) : [];
    make('span', { class: 'tw-hint' }, bar, words.hint);

    // --- drawing ---
    function redraw() {
      stop();
      film = null;
      made = compute(s);
      kinds.forEach(([kind, element]) => element.setAttribute('aria-pressed', kind === s.kind));
      size.innerHTML = `<code>${code(s)}</code><br>${formula(s)}`;
      sum.style.minHeight = '';
      draw();
      if (made.error) {
        fill();
        sum.innerHTML = `<div class="bad">${words[made.error[0]](s, made.error[1])}</div>`;
        return;
      }
      const side = selected ? selected.side : s.kind === 'transposed' ? 'x' : 'y';
      const bounds = side === 'x' ? s.size : made.size;
      const at = selected ? selected.at.map((i, a) => Math.min(i, bounds[a] - 1))
        : bounds.map((n) => Math.floor((n - 1) / 2));
      select(side, selected ? selected.c : 0, at);
    }

    /** First and last position of a grid along both axes: with the padding that a window can reach. */
    function extent(side) {
      if (side === 'w') return s.kernel_size.map((k) => [0, k - 1]);
      const cells = side === 'x' ? s.size : made.error ? [1, 1] : made.size;
      if ((side === 'x') === (s.kind === 'transposed')) return cells.map((n) => [0, n - 1]);
      return cells.map((n, a) => [-s.padding[a][0], n - 1 + s.padding[a][1]]);
    }

    function draw() {
      const width = Math.max(200, figure.clientWidth || 640);
      const sides = made.error ? ['x', 'w'] : ['x', 'w', 'y'];
      const counts = { x: s.channels[0], w: isPool(s) ? 1 : s.channels[0] / s.groups, y: s.channels[1] };
      const extents = Object.fromEntries(sides.map((side) => [side, extent(side)]));
      const cells = (side, a) => extents[side][a][1] - extents[side][a][0] + 1;
      const shape = (channels, cells) => [...(many() ? [channels] : []), ...s.axes.map((a) => cells[a])].join(' × ');
      const title = {
        x: `${words.input} ${shape(s.channels[0], s.size)}`,
        w: isPool(s) ? words[s.kind] : words.kernel,
        y: made.error ? '' : `${words.output} ${shape(s.channels[1], made.size)}`,
      };
      const titleWidth = (one) => [...title[one]].reduce((n, c) => n + (c > '\u2e80' ? 12.5 : 6.8), 0);
      const gap = width < 480 ? 20 : 44;
      const widest = (row, q) => row.reduce((n, side) => n + Math.max(cells(side, 1) * q, titleWidth(side)), 0) +
        gap * (row.length - 1) + 4;
      // the first arrangement whose cells can be read, else the last: side by side, the output below, all below
      const arrangements = [[sides], [sides.slice(0, 2), sides.slice(2)], sides.map((one) => [one])];
      let rows, q;
      for (rows of made.error ? [[sides]] : many() ? arrangements.slice(0, 2) : arrangements) {
        q = 42;
        while (q > 13 && Math.max(...rows.map((row) => widest(row, q))) > width) q -= 1;
        if (q >= (many() ? 20 : 24)) break;
      }
      const head = 22, between = 12;
      const pitch = (row) => Math.max(...row.map((one) => cells(one, 0))) * q;
      figure.textContent = '';
      svg = make('svg', { role: 'group' }, figure);
      const back = make('g', {}, svg);
      grids = { x: [], w: [], y: [], back, q };
      let top = 2;
      for (const row of rows) {
        let left = 2;
        const channels = Math.max(...row.map((one) => counts[one]));
        const each = pitch(row) + (many() ? between : 0);
        for (const one of row) {
          make('text', { class: 'title', x: left, y: top + 8 }, svg, title[one]);
          range(counts[one]).forEach((c) => {
            const y = top + head + c * each + (pitch(row) - cells(one, 0) * q) / 2;
            grids[one].push(drawGrid(one, c, left, y, extents[one], q));
          });
          left += Math.max(cells(one, 1) * q, titleWidth(one)) + gap;
        }
        top += head + channels * each + 8;
      }
      const used = Math.max(...rows.map((row) => widest(row, q)));
      svg.setAttribute('viewBox', `0 0 ${used} ${top}`);
      svg.setAttribute('width', used);
      svg.setAttribute('height', top);
      grids.frames = make('g', {}, svg);
    }

    function drawGrid(side, c, left, top, [rows, columns], q) {
      const kind = { x: 'input', w: 'kernel', y: 'output' }[side];
      const grid = { cells: {}, left, top, first: [rows[0], columns[0]] };
      const name = `${words[kind]}${many() && side !== 'w' ? ` ${words.channel} ${c}` : ''}. ${words.keys}.`;
      const canFocus = side === 'w' ? {} : { tabindex: 0, role: 'application', 'aria-label': name };
      grid.group = make('g', { class: `grid ${kind}`, 'data-side': side, 'data-c': c, ...canFocus }, svg);
      const size = side === 'x' ? s.size : side === 'y' ? made.size : s.kernel_size;
      for (let i = rows[0]; i <= rows[1]; i += 1) for (let j = columns[0]; j <= columns[1]; j += 1) {
        const inside = i >= 0 && j >= 0 && i < size[0] && j < size[1];
        const x = left + (j - columns[0]) * q, y = top + (i - rows[0]) * q;
        const cell = make('g', { class: `cell${inside ? '' : ' pad'}`, 'data-i': i, 'data-j': j }, grid.group);
        make('rect', { x, y, width: q, height: q }, cell);
        const text = make('text', { x: x + q / 2, y: y + q / 2 }, cell);
        const small = make('text', { class: 'small', x: x + q - 2.5, y: y + q - 6 }, cell);
        grid.cells[`${i},${j}`] = { cell, text, small, x, y };
      }
      make('rect', { class: 'ring', x: left - 3, y: top - 3, width: (columns[1] - columns[0] + 1) * q + 6,
        height: (rows[1] - rows[0] + 1) * q + 6, rx: 5 }, grid.group);
      return grid;
    }

    function write(entry, value) {
      let text = value === null ? '' : typeof value === 'string' ? value : number(value);
      if (text.length > 5 && !Number.isInteger(value)) text = number(Number(value.toFixed(2)));
      const length = text.includes('.') ? Math.max(5, text.length) : Math.max(1, text.length); // fractions alike
      entry.text.textContent = text;
      entry.text.style.fontSize = `${Math.min(14, grids.q * 0.46, (grids.q - 3) / length / 0.58)}px`;
      note(entry, '');
    }

    /** A small factor or addend in the corner of a cell, where there is room. */
    function note(entry, text) {
      entry.small.textContent = grids.q >= 27 && text.length <= 4 ? text : '';
    }

    // --- the selection ---

    /** All terms that touch the selected cell, each with its output channel and place. */
    function links() {
      if (selected.side === 'y') {
        const [i, j] = selected.at;
        return made.cells[selected.c][i][j].terms.map((t) => ({ ...t, o: selected.c, out: [i, j] }));
      }
      const found = [];
      made.cells.forEach((plane, o) => plane.forEach((row, i) => row.forEach((cell, j) => cell.terms.forEach((t) => {
        if (t.c === selected.c && `${t.cell}` === `${selected.at}`) found.push({ ...t, o, out: [i, j] });
      }))));
      return found;
    }

    function select(side, c, at) {
      selected = { side, c, at };
      const lit = links();
      if (side === 'y') shownOutput = c;
      else if (lit.length && !lit.some((t) => t.o === shownOutput)) shownOutput = lit[0].o;
      const inputs = sources(s, shownOutput);
      ['x', 'w', 'y'].forEach((one) => grids[one].forEach((grid, g) => {
        grid.group.classList.toggle('dim', one === 'x' && many() && !inputs.includes(g));
        Object.values(grid.cells).forEach((entry) => entry.cell.classList.remove('lit'));
      }));
      fill();
      grids.w.forEach((grid) => {
        grid.group.setAttribute('transform', `translate(0 ${isPool(s) || !many() ? 0 : grids.x[inputs[0]].top -
          grids.x[0].top})`);
      });
      for (const t of lit) {
        const [x, y] = [grids.x[t.c].cells[t.cell], grids.y[t.o].cells[t.out]];
        if (x) x.cell.classList.add('lit');
        y.cell.classList.add('lit');
        if (side === 'y' && !isPool(s) && x) note(x, `×${number(t.w)}`);
        if (side === 'x' && !isPool(s) && film === null) note(y, `+${number(t.x * t.w)}`);
        if (t.o === shownOutput) {
          const kernel = grids.w[isPool(s) ? 0 : inputs.indexOf(t.c)];
          if (kernel && (s.kind !== 'max' || t.w)) kernel.cells[t.tap].cell.classList.add('lit');
          if (kernel && s.kind === 'max' && side === 'y') write(kernel.cells[t.tap], t.pad ? null : t.x);
        }
      }
      drawFrames(lit);
      tellSum(lit);
    }

    /** Numbers in all cells; while the film runs, outputs as far as it has come. */
    function fill() {
      grids.x.forEach((grid, c) => Object.entries(grid.cells).forEach(([key, entry]) => {
        const [i, j] = key.split(',').map(Number);
        const inside = i >= 0 && j >= 0 && i < s.size[0] && j < s.size[1];
        write(entry, inside ? s.values[c][i][j] : isPool(s) && s.kind === 'max' ? null : 0);
      }));
      const inputs = sources(s, shownOutput);
      const weight = s.kernels && s.kernels[s.kernel_size.join('x')];
      grids.w.forEach((grid, k) => Object.entries(grid.cells).forEach(([key, entry]) => {
        const [i, j] = key.split(',').map(Number);
        if (s.kind === 'max') write(entry, null);
        else if (s.kind === 'avg') write(entry, `1/${s.divisor_override || s.kernel_size[0] * s.kernel_size[1]}`);
        else write(entry, weight[shownOutput][inputs[k]][i][j]);
      }));
      grids.y.forEach((grid, o) => made.cells[o].forEach((row, i) => row.forEach((cell, j) => {
        write(grid.cells[[i, j]], film === null ? cell.value : soFar(o, i, j, cell));
      })));
    }

    /** What an output cell holds after `film` steps; null before its turn. */
    function soFar(o, i, j, cell) {
      if (s.kind !== 'transposed') return (o * made.size[0] + i) * made.size[1] + j < film ? cell.value : null;
      const arrived = cell.terms.filter((t) => (t.c * s.size[0] + t.cell[0]) * s.size[1] + t.cell[1] < film);
      return arrived.reduce((n, t) => n + t.x * t.w, s.bias ? s.bias[o] : 0);
    }

    /** Frames around what takes part on both sides, and a beam from one to the other. */
    function drawFrames(lit) {
      grids.back.textContent = '';
      grids.frames.textContent = '';
      const box = (entries) => {
        const xs = entries.map((e) => e.x), ys = entries.map((e) => e.y);
        return [Math.min(...xs), Math.min(...ys), Math.max(...xs) + grids.q, Math.max(...ys) + grids.q];
      };
      const around = ([x0, y0, x1, y1], kind) =>
        make('rect', { class: `frame ${kind}`, x: x0, y: y0, width: x1 - x0, height: y1 - y0, rx: 3 }, grids.frames);
      const seen = new Set();
      for (const { c, o } of lit) {
        if (seen.has(`${c},${o}`)) continue;
        seen.add(`${c},${o}`);
        const these = lit.filter((t) => t.c === c && t.o === o);
        const read = these.map((t) => grids.x[c].cells[t.cell]).filter(Boolean);
        if (!read.length) continue;
        const a = around(box(read), 'in') && box(read), b = box(these.map((t) => grids.y[o].cells[t.out]));
        around(b, 'out');
        const points = b[0] > a[2] ? [a[2], a[1], b[0], b[1], b[0], b[3], a[2], a[3]]
          : [a[0], a[3], b[0], b[1], b[2], b[1], a[2], a[3]];
        make('polygon', { class: 'beam', points: points.join(' ') }, grids.back);
      }
      if (!lit.length) around(box([grids[selected.side][selected.c].cells[selected.at]]),
        selected.side === 'x' ? 'in' : 'out');
    }

    // --- the sum in words ---

    function named(letter, c, at) {
      const place = s.axes.map((a) => at[a]);
      return mark(letter, `${letter}[${(many() ? [c, ...place] : place).join(', ')}]`);
    }

    function tellSum(lit) {
      sum.innerHTML = selected.side === 'y' ? gathered(lit) : spread(lit);
      sum.style.minHeight = `${Math.max(sum.offsetHeight, parseFloat(sum.style.minHeight) || 0)}px`;
    }

    function gathered(lit) {
      const [i, j] = selected.at;
      const cell = made.cells[selected.c][i][j];
      const name = named('y', selected.c, selected.at), result = mark('y', number(cell.value));
      const value = (t) => mark('x', t.pad && s.kind === 'max' ? words.pad : factor(t.x));
      if (s.kind === 'max') return `<div>${name} = max(${lit.map(value).join(', ')}) = ${result}</div>`;
      if (s.kind === 'avg') {
        return `<div>${name} = (${lit.map(value).join(' + ')}) / ${mark('w', cell.divisor)} = ${result}</div>`;
      }
      const products = (terms) => terms.map((t) => `${value(t)}·${mark('w', factor(t.w))}`).join(' + ') || '0';
      const bias = s.bias ? ` + ${factor(s.bias[selected.c])} (${words.bias})` : '';
      const inputs = sources(s, selected.c);
      if (inputs.length === 1) return `<div>${name} = ${products(lit)}${bias} = ${result}</div>`;
      const parts = inputs.map((c) => lit.filter((t) => t.c === c));
      const partial = parts.map((terms) => terms.reduce((n, t) => n + t.x * t.w, 0));
      const lines = parts.map((terms, n) =>
        `<div>${words.channel} ${inputs[n]}: ${products(terms)} = ${number(partial[n])}</div>`);
      return `${lines.join('')}<div>${name} = ${partial.map(factor).join(' + ')}${bias} = ${result}</div>`;
    }

    function spread(lit) {
      const value = s.values[selected.c][selected.at[0]][selected.at[1]];
      const name = `${named('x', selected.c, selected.at)} = ${mark('x', number(value))}`;
      const verb = words[s.kind === 'transposed' ? 'spreads' : 'reaches'];
      const used = s.kind === 'max' ? lit.filter((t) => t.w) : lit;
      if (!used.length) return `<div>${name} ${verb} ${words.nothing}</div>`;
      const weigh = (t) => (s.kind === 'max' ? '' : ` += ${mark('x', factor(value))}·${mark('w', factor(t.w))}`);
      return `<div>${name} ${verb} ${used.map((t) => named('y', t.o, t.out) + weigh(t)).join(', ')}</div>`;
    }

    // --- moving ---

    function bounds(side) { return side === 'x' ? s.size : made.size; }

    function step(by) {
      if (made.error) return;
      const side = s.kind === 'transposed' ? 'x' : 'y', [h, w] = bounds(side);
      const total = s.channels[side === 'x' ? 0 : 1] * h * w;
      film = film === null ? (by > 0 ? 1 : total) : (film - 1 + by + total) % total + 1;
      const index = film - 1;
      select(side, Math.floor(index / (h * w)), [Math.floor(index / w) % h, index % w]);
      if (film === total && timer) stop();
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

    function choose(target) {
      const cell = target.closest && target.closest('.cell:not(.pad)');
      const grid = cell && cell.closest('.grid');
      if (!grid || grid.dataset.side === 'w') return;
      stop();
      film = null;
      select(grid.dataset.side, Number(grid.dataset.c), [Number(cell.dataset.i), Number(cell.dataset.j)]);
    }

    figure.addEventListener('pointerover', (event) => { if (event.pointerType === 'mouse') choose(event.target); });
    figure.addEventListener('click', (event) => choose(event.target));
    figure.addEventListener('keydown', (event) => {
      const grid = event.target.closest('.grid');
      const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!grid || !move || made.error) return;
      event.preventDefault();
      stop();
      film = null;
      const side = grid.dataset.side, c = Number(grid.dataset.c);
      const here = selected && selected.side === side && selected.c === c;
      const at = here ? selected.at.map((i, a) => Math.max(0, Math.min(bounds(side)[a] - 1, i + move[a]))) : [0, 0];
      select(side, c, at);
    });

    let lastWidth = 0;
    redraw();
    if (globalThis.ResizeObserver) {
      new ResizeObserver(() => {
        if (Math.abs(figure.clientWidth - lastWidth) < 2) return;
        lastWidth = figure.clientWidth;
        draw();
        if (made.error) fill();
        else select(selected.side, selected.c, selected.at);
      }).observe(figure);
    }
  }

  function mountAll() {
    if (!document.getElementById('tinyconv-widget-style')) {
      make('style', { id: 'tinyconv-widget-style' }, document.head, STYLE);
    }
    document.querySelectorAll('.tinyconv-widget[data-settings]').forEach(mount);
  }

  globalThis.tinyconvWidget = { change, choices, code, compute, illegal, outputSize, mountAll };
  if (typeof document === 'undefined') return undefined;
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', mountAll);
  else mountAll();
  return undefined;
}());
