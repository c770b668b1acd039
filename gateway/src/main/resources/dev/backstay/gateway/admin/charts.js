'use strict';
// Lines over the last three minutes, as SVG.
import {$, el, number} from './dom.js';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 600;
const HEIGHT = 100;
const SECONDS = 180;

const svg = (tag, attributes) => {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

/** The newest second is at the right; a second without a value is a gap. */
const path = (values, width, height, most) => {
  let drawn = '';
  let open = false;
  values.forEach((value, i) => {
    if (value == null) {
      open = false;
      return;
    }
    const x = width * (SECONDS - values.length + i) / (SECONDS - 1);
    const y = height - 1 - value / most * (height - 4);
    const alone = !open && values[i + 1] == null;
    drawn += `${open ? 'L' : 'M'}${x.toFixed(1)},${y.toFixed(1)}${alone ? 'h1' : ''}`;
    open = true;
  });
  return drawn;
};

/** Each line is {name, color, values, text}; text is how a value reads. */
export const chart = (where, lines) => {
  const all = lines.flatMap(line => line.values.filter(value => value != null));
  const most = Math.max(1, ...all);
  const text = lines[0].text || number;
  const root = svg('svg', {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img',
    'aria-label': lines.map(line => `${line.name} ${text(line.values.at(-1))}`).join(', ')});
  root.append(svg('path', {d: `M0,${HEIGHT - 1}H${WIDTH}`, class: 'ground'}));
  for (const line of lines) root.append(svg('path', {d: path(line.values, WIDTH, HEIGHT, most), class: `line ${line.color}`}));
  const legend = el('p', null, 'legend');
  for (const line of lines) legend.append(el('span', `${line.name} ${text(line.values.at(-1))}`, line.color));
  legend.append(el('span', all.length ? `highest ${text(Math.max(...all))}` : 'nothing yet'));
  $(where).replaceChildren(root, legend);
};

/** A small line for a table, where 1 is the line at the top. */
export const spark = values => {
  const root = svg('svg', {viewBox: '0 0 120 20', preserveAspectRatio: 'none', class: 'spark', 'aria-hidden': 'true'});
  root.append(svg('path', {d: 'M0,3H120', class: 'ground'}),
    svg('path', {d: path(values.map(value => Math.min(1, value)), 120, 20, 1), class: 'line blue'}));
  return root;
};
