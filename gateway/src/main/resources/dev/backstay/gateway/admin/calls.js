'use strict';
// The calls that are kept, and the life of one.
import {$, el, fill, moment, number, row, time} from './dom.js';

const PAGE = 50;
const HINT = $('calls-hint').textContent;

const MOST = 1000;

let calls = [];
let wanted = PAGE;
let asking = false;

const ask = async path => {
  const answer = await fetch(path, {headers: {accept: 'application/json'}});
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.error || `status ${answer.status}`);
  return said;
};

const say = (problem) => {
  $('calls-hint').className = problem ? 'hint bad' : 'hint';
  $('calls-hint').textContent = problem || HINT;
};

const line = (each, all) => {
  const made = el('li', null, each.what === 'attempt' || each.what === 'wait' || each.what === 'failed' ? each.what : null);
  const track = el('span', null, 'track');
  const bar = el('i');
  bar.style.left = `${Math.min(99.5, each.at_micros / all * 100)}%`;
  bar.style.width = `${Math.max(0.2, Math.min(100 - each.at_micros / all * 100, each.took_micros / all * 100))}%`;
  track.append(bar);
  const took = each.what === 'attempt' || !each.took_micros ? '' : `${time(each.took_micros / 1000)}  `;
  made.append(el('span', `${(each.at_micros / 1e6).toFixed(3)} s`, 'n'),
    el('span', each.what === 'attempt' ? `attempt ${each.attempt}` : each.what), track,
    el('span', took + each.text, 'text'));
  return made;
};

const life = async id => {
  try {
    const call = await ask(`api/calls/${encodeURIComponent(id)}`);
    $('life-title').textContent = call.id;
    $('life-head').textContent = `${call.operation || 'request'} of ${call.model} at ${call.host}, workload ${call.workload}; `
      + `took ${time(call.took_ms)}, ${number(call.attempts)} attempts, first token after ${time(call.first_event_ms)}. `
      + (call.message || (call.outcome === 'succeeded' ? 'The caller has the whole answer.' : ''));
    const all = Math.max(1, call.took_ms * 1000);
    $('life-lines').replaceChildren(...call.life.map(each => line(each, all)));
    $('life').showModal();
    say('');
  } catch (failed) {
    say(`The call ${id} cannot be shown: ${failed.message}.`);
  }
};

/** The time of day, and the day if it is another one. */
const when = ms => {
  const text = moment(ms);
  return text.startsWith(moment(Date.now()).slice(0, 10)) ? text.slice(11) : text.slice(5);
};

const shown = each => {
  const open = el('button', each.id, 'call');
  open.type = 'button';
  open.addEventListener('click', () => life(each.id));
  const good = each.outcome === 'succeeded';
  return row([[when(each.arrived_ms), '', new Date(each.arrived_ms).toISOString()], [open], [each.model, 'cut', each.model],
    [time(each.took_ms), 'n'], [number(each.attempts), each.attempts > 1 ? 'n warn' : 'n'],
    [each.status ? `${each.outcome} ${each.status}` : each.outcome, good ? 'good' : 'bad', each.message], [good ? '' : each.phase], [good ? '' : each.acknowledged]]);
};

/** What has the focus keeps it. */
const draw = () => {
  const focused = document.activeElement?.classList.contains('call') ? document.activeElement.textContent : null;
  fill('calls', calls.map(shown), 'none is kept yet');
  if (focused) [...document.querySelectorAll('button.call')].find(each => each.textContent === focused)?.focus({preventScroll: true});
};

const key = each => `${each.id} ${each.arrived_ms}`;

/** Asks once at a time; what is asked meanwhile is left out. */
const once = work => async () => {
  if (asking) return;
  asking = true;
  try {
    await work();
    draw();
    say('');
  } catch (failed) {
    say(`The ledger does not answer: ${failed.message}.`);
  } finally {
    asking = false;
  }
};

/** The newest first, then those that were here; but no hole between them, and no more than somebody reads. */
const refresh = once(async () => {
  const newest = (await ask(`api/calls?most=${PAGE}`)).calls;
  const known = new Set(newest.map(key));
  const meet = calls.some(each => known.has(key(each)));
  calls = (meet ? newest.concat(calls.filter(each => !known.has(key(each)))) : newest).slice(0, Math.max(PAGE, wanted));
  $('older').disabled = newest.length < PAGE;
});

/** Of calls that arrived in the same millisecond none is left out, so that one is asked for again. */
const older = once(async () => {
  const before = calls.length ? calls.at(-1).arrived_ms + 1 : Date.now();
  const known = new Set(calls.map(key));
  const more = (await ask(`api/calls?most=${PAGE + 10}&before=${before}`)).calls.filter(each => !known.has(key(each)));
  calls = calls.concat(more.slice(0, PAGE));
  wanted = Math.min(MOST, calls.length);
});

export const start = () => {
  $('older').addEventListener('click', older);
  refresh();
  setInterval(() => document.visibilityState === 'visible' && !$('life').open && refresh(), 3000);
};
