'use strict';
// What the parts of the page share: elements, tables, and numbers as people read them.

export const $ = id => document.getElementById(id);

export const el = (tag, text, cls) => {
  const made = document.createElement(tag);
  if (text !== undefined && text !== null) made.textContent = text;
  if (cls) made.className = cls;
  return made;
};

export const number = value => value == null ? '–'
  : Math.abs(value) >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString('en')
    : value.toFixed(value < 10 ? 2 : 1);

export const time = ms => ms == null || ms < 0 ? '–'
  : ms > 0 && ms < 1 ? `${Math.round(ms * 1000)} µs`
    : ms < 1000 ? `${Math.round(ms)} ms`
      : ms < 60000 ? `${(ms / 1000).toFixed(1)} s`
        : `${Math.floor(ms / 60000)} min ${Math.round(ms % 60000 / 1000)} s`;

/** A time of day and its day, in UTC. */
export const moment = ms => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/** Never 100 % or 0 % of what is not all or nothing. */
export const percent = part => part == null ? '–'
  : part === 0 || part === 1 ? `${part * 100} %`
    : `${(Math.min(99.99, Math.max(0.01, part * 100))).toFixed(2)} %`;

/** A cell is [text or element, class, what a pointer that rests on it is told]. */
export const row = cells => {
  const made = el('tr');
  for (const [content, cls, title] of cells) {
    const cell = el('td', content instanceof Node ? null : content, cls);
    if (content instanceof Node) cell.append(content);
    if (title) cell.title = title;
    made.append(cell);
  }
  return made;
};

/** Puts these rows into the table, or says that there are none. */
export const fill = (table, rows, none) => {
  const {tBodies: [body], tHead} = $(table);
  if (!rows.length) {
    const cell = el('td', none);
    cell.colSpan = tHead.rows[0].cells.length;
    const only = el('tr', null, 'empty');
    only.append(cell);
    rows = [only];
  }
  body.replaceChildren(...rows);
};
