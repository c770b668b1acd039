'use strict';
// The page: one stream of states, and a table of calls on demand. No library, and nothing from elsewhere.
import {start} from './calls.js';
import {chart, spark} from './charts.js';
import {$, el, fill, moment, number, percent, row, time} from './dom.js';

const tiles = now => {
  const kinds = [
    ['calls a second', number(now.calls_per_s), ''],
    ['succeeded', percent(now.success), now.success == null ? '' : now.success > 0.99 ? 'good' : now.success > 0.9 ? 'warn' : 'bad'],
    ['attempts a call', number(now.attempts_per_call), now.attempts_per_call > 1.5 ? 'warn' : ''],
    ['first token, middle', time(now.first_token_ms.p50), ''],
    ['first token, p99', time(now.first_token_ms.p99), ''],
    ['longest pause, p99', time(now.gap_ms.p99), ''],
    ['running', number(now.running), ''],
    ['callers connected', number(now.callers), ''],
  ];
  $('tiles').replaceChildren(...kinds.map(([name, value, cls]) => {
    const tile = el('li', null, cls);
    tile.append(el('b', value), el('span', name));
    return tile;
  }));
};

const charts = series => {
  chart('chart-calls', [{name: 'good', color: 'good', values: series.good}, {name: 'failed', color: 'bad', values: series.failed}]);
  chart('chart-first', [{name: 'middle', color: 'blue', values: series.first_p50, text: time}, {name: 'p99', color: 'warn', values: series.first_p99}]);
  chart('chart-wait', [{name: 'for a target that is down', color: 'bad', values: series.parked}, {name: 'for room', color: 'warn', values: series.waiting}]);
  chart('chart-budget', [{name: 'left', color: 'blue', values: series.budget}]);
};

const funnel = phases => {
  const most = Math.max(1, ...phases.map(each => each.no + each.unknown + each.yes));
  fill('funnel', phases.map(each => {
    const bar = el('div', null, 'bar');
    for (const kind of ['no', 'unknown', 'yes']) {
      const part = el('i', null, kind);
      part.style.width = `${each[kind] / most * 100}%`;
      bar.append(part);
    }
    return row([[each.phase], [number(each.no), each.no ? 'n no' : 'n'], [number(each.unknown), each.unknown ? 'n unknown' : 'n'],
      [number(each.yes), 'n'], [bar]]);
  }), 'no attempt yet');
};

/** The last part of accounts/fireworks/models/kimi-k2. */
const short = model => model.slice(model.lastIndexOf('/') + 1);

const SEEN = {yes: 'yes', no: 'never sent', unknown: 'nobody knows'};

const causes = all => {
  $('causes-section').hidden = !all.length;
  fill('causes', all.map(each => row([[number(each.attempts), 'n'], [number(each.calls), each.calls ? 'n bad' : 'n'],
    ...(each.host ? [[each.status ? `${each.kind} ${each.status}` : each.kind], [each.phase], [SEEN[each.acknowledged]]] : [['too many to tell apart'], [''], ['']]),
    [each.host ? `${short(each.model)} at ${each.host}` : '', 'cut', `${each.model} at ${each.host}`], [each.message, 'cut', each.message],
    [each.host ? each.advice : '', 'wrap']])), '');
};

const GATES = {open: ['open', 'good'], shut: ['shut', 'bad'], reopening: ['reopening', 'warn']};

const targets = all => fill('targets', all.map(each => {
  const [gate, cls] = GATES[each.gate] || [each.gate, 'warn'];
  return row([[each.host], [each.model, 'cut', each.model], [gate, cls], [number(each.in_flight), 'n'],
    [number(each.waiting), each.waiting ? 'n warn' : 'n'], [number(each.parked), each.parked ? 'n bad' : 'n'], [number(each.window), 'n'],
    [percent(each.used), each.used > 0.98 ? 'n warn' : 'n'], [spark(each.used_series)], [number(each.budget), each.budget < 10 ? 'n bad' : 'n']]);
}), 'nobody has been asked yet');

const addresses = all => {
  $('addresses-section').hidden = !all.length;
  fill('addresses', all.map(each => row([[each.host], [each.address], [number(each.connected || 0), 'n'],
    [number(each.refused || 0), each.refused ? 'n bad' : 'n'], [number(each.silent || 0), each.silent ? 'n bad' : 'n']])), '');
};

const jobs = all => {
  $('jobs-section').hidden = !all.length;
  fill('jobs', all.map(each => row([[each.kind], [each.job], [each.waited_for ? `until it is ${each.wish === 'ready' ? 'ready' : 'back'}` : 'no', each.waited_for ? 'warn' : ''],
    [each.state || '–'], [each.step < 0 ? '–' : number(each.step), 'n'], [each.saved_step < 0 ? '–' : number(each.saved_step), 'n'],
    [time(each.at_risk_ms), each.at_risk_ms > 1800000 ? 'n bad' : 'n'], [moment(each.began_ms)]])), '');
};

const changes = all => {
  $('changes-section').hidden = !all.length;
  fill('changes', all.map(each => row([[moment(each.at_ms)], [each.resource], [each.what, 'wrap'], [each.evidence, 'wrap'],
    [each.applied ? 'yes' : 'only proposed', each.applied ? '' : 'warn']])), '');
};

const ledger = state => {
  $('ledger').className = state.problem || state.lost ? 'bad' : '';
  $('ledger').textContent = state.off ? 'Off: nothing is kept (ledger: in the settings).'
    : state.problem ? `It cannot be written: ${state.problem}. Calls go on; ${number(state.waiting)} records wait, ${number(state.lost)} are lost.`
      : `${number(state.kept)} lives of calls written since the start, ${number(state.waiting)} wait, ${number(state.lost)} lost.`;
};

const why = cause => cause ? `: ${cause.kind} while ${cause.phase}${cause.host ? ` at ${cause.host}` : ''}; ${cause.advice}` : '';

/** The worst that there is to say, and how bad it is. */
const verdict = state => {
  const {now, series, causes: all, targets: asked} = state;
  const [costliest] = all;
  const [commonest] = [...all].sort((one, two) => two.attempts - one.attempts);
  const shut = asked.filter(each => each.gate === 'shut');
  const ended = series.good.concat(series.failed).reduce((sum, each) => sum + each, 0);
  const unseen = all.filter(each => each.acknowledged === 'no').reduce((sum, each) => sum + each.attempts, 0);
  if (state.draining) return ['draining: new calls are refused', 'warn'];
  if (shut.length) {
    const [first] = shut;
    const theirs = all.find(each => each.host === first.host && each.model === first.model);
    const idle = shut.every(each => !each.parked && !each.in_flight);
    return [`${shut.length} of ${asked.length} targets ${idle ? 'did not answer when last asked' : 'do not answer'}${why(theirs)}`, idle ? 'warn' : 'bad'];
  }
  if (now.success != null && now.success < 0.99) return [`${percent(1 - now.success)} of calls fail${why(costliest)}`, 'bad'];
  if (now.attempts_per_call > 1.05 || unseen > ended * 0.01) return [`calls come through, but attempts fail${why(commonest)}`, 'warn'];
  if (now.success == null && (now.running || now.attempts)) return [`${number(now.running)} calls run, and none has ended in the last minute${why(commonest)}`, 'warn'];
  return now.success == null ? ['nobody calls', 'good'] : ['all is well', 'good'];
};

const say = (text, cls) => {
  if ($('status').textContent !== text) $('status').textContent = text; // a reader aloud says it again otherwise
  $('status').className = cls;
  document.title = `${cls === 'good' ? '' : '! '}Backstay: ${text.split(':')[0]}`;
};

const show = state => {
  say(...verdict(state));
  $('where').textContent = `${state.listens} · since ${moment(state.started_ms).slice(0, 16)} UTC`;
  tiles(state.now);
  charts(state.series);
  causes(state.causes);
  funnel(state.funnel);
  targets(state.targets);
  addresses(state.addresses);
  jobs(state.jobs);
  changes(state.changes);
  ledger(state.ledger);
};

const SILENT_MS = 5000;
let events;
let heard;

/** One stream while somebody looks: a browser has few connections, and a tab that nobody sees needs none. */
const listen = () => {
  events?.close();
  events = undefined;
  heard = Date.now();
  if (document.visibilityState !== 'visible') return;
  events = new EventSource('api/events');
  events.onmessage = message => {
    heard = Date.now();
    show(JSON.parse(message.data));
  };
};

setInterval(() => {
  if (!events || Date.now() - heard < SILENT_MS) return;
  say('the gateway does not answer; trying again. What stands below is old', 'bad');
  listen();
}, 1000);
document.addEventListener('visibilitychange', listen);
listen();
start();
