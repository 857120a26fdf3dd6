/** The plot of a run over time, drawn as SVG by hand: two lines, a tint where a fault was, and a lane for each fault. */
import type { Verdict } from '../checking/index.ts';
import type { FaultName, HistoryEntry } from '../history.ts';
import { type Lane, type PlacedLane, placeLane } from './lanes.ts';
import { type Rates, ratesOf } from './rates.ts';

const WIDTH = 1_200;
const LEFT = 120;
const RIGHT = WIDTH - 20;
const TOP = 56;
const PLOT_HEIGHT = 260;
const BOTTOM = TOP + PLOT_HEIGHT;
const AXIS_HEIGHT = 40;
const LINE_HEIGHT = 16;
const LANE_GAP = 6;
const MOST_BINS = 300;

const ACCEPTED = '#1f77b4';
const RECEIVED = '#2b2b2b';
const STALL = '#666666';
const COLOURS: Readonly<Record<FaultName, string>> = {
  sigkill: '#d62728',
  sigstop: '#ff7f0e',
  broker_kill: '#7b3fa0',
  broker_bounce: '#b07cd6',
  redis_flush: '#a65628',
  redis_restart: '#c9965a',
  cut_after_dot: '#0f9aa8',
  disk_full: '#6b8e23',
  clock_jump: '#e15fa8',
};

export function renderTimeline(history: Iterable<HistoryEntry>, verdict: Verdict): string {
  const endMs = Math.max(1_000, verdict.totals.lastAt);
  const rates = ratesOf(history, endMs, MOST_BINS);
  const xOf = (ms: number) => LEFT + (Math.max(0, Math.min(ms, endMs)) / endMs) * (RIGHT - LEFT);
  const lanes = lanesOf(verdict).map((lane) => placeLane(lane, xOf, RIGHT));
  const height = BOTTOM + AXIS_HEIGHT + lanes.reduce((sum, lane) => sum + laneHeight(lane), 0) + LANE_GAP;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    '<title>Accepted and received mails a second, and the faults of the run</title>',
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...legend(rates),
    ...tints(lanes),
    ...valueAxis(rates),
    ...timeAxis(endMs, xOf),
    line(rates.accepted, rates, xOf, ACCEPTED, 1.5),
    line(rates.received, rates, xOf, RECEIVED, 1.5),
    ...drawLanes(lanes),
    '</svg>',
  ].join('\n')}\n`;
}

/** One for each kind of fault that happened, and one for the longest stalls. */
function lanesOf({ effects, stalls }: Verdict): readonly Lane[] {
  const names = Object.keys(COLOURS) as FaultName[];
  const faults = names.map((name) => ({
    name,
    colour: COLOURS[name],
    bands: effects
      .filter(({ disturbance }) => disturbance.fault === name)
      .map(({ disturbance: { at, until, target } }) => ({ from: at, to: until, label: target, colour: COLOURS[name] })),
  }));
  const standing = stalls.map(({ provider, from, to }) => {
    return { from, to, label: `${provider} ${seconds(to - from)}`, colour: STALL };
  });
  return [...faults, { name: 'longest stall', colour: STALL, bands: standing }].filter(({ bands }) => bands.length > 0);
}

function legend({ binMs }: Rates): readonly string[] {
  const entry = (x: number, colour: string, label: string) =>
    `<line x1="${x}" y1="26" x2="${x + 24}" y2="26" stroke="${colour}" stroke-width="2.5"/>${text(x + 30, 30, label)}`;
  return [
    entry(LEFT, ACCEPTED, 'accepted/s'),
    entry(LEFT + 110, RECEIVED, 'received/s'),
    text(LEFT + 220, 30, `mean of ${binMs / 1_000} s; tinted while a fault lasts, its lane below`, '#555555'),
  ];
}

function tints(lanes: readonly PlacedLane[]): readonly string[] {
  return lanes
    .filter(({ colour }) => colour !== STALL)
    .flatMap(({ bands }) => bands)
    .map(
      ({ x, width, colour }) =>
        `<rect x="${px(x)}" y="${TOP}" width="${px(width)}" height="${PLOT_HEIGHT}" fill="${colour}" fill-opacity="0.14"/>`,
    );
}

function valueAxis(rates: Rates): readonly string[] {
  const top = topOf(rates);
  const step = niceStep(top / 5);
  const drawn: string[] = [];
  for (let value = 0; value <= top; value += step) {
    const y = yOf(value, top);
    drawn.push(
      `<line x1="${LEFT}" y1="${px(y)}" x2="${RIGHT}" y2="${px(y)}" stroke="#dddddd"/>`,
      text(LEFT - 8, y + 4, String(Math.round(value * 100) / 100), '#333333', 'end'),
    );
  }
  return [...drawn, text(LEFT - 8, TOP - 10, 'mails/s', '#333333', 'end')];
}

function timeAxis(endMs: number, xOf: (ms: number) => number): readonly string[] {
  const step = niceStep(endMs / 1_000 / 12) * 1_000;
  const drawn: string[] = [];
  for (let at = 0; at <= endMs; at += step) {
    const x = px(xOf(at));
    drawn.push(
      `<line x1="${x}" y1="${BOTTOM}" x2="${x}" y2="${BOTTOM + 5}" stroke="#333333"/>`,
      text(xOf(at), BOTTOM + 18, seconds(at), '#333333', 'middle'),
    );
  }
  return [...drawn, `<line x1="${LEFT}" y1="${BOTTOM}" x2="${RIGHT}" y2="${BOTTOM}" stroke="#333333"/>`];
}

function line(
  values: readonly number[],
  rates: Rates,
  xOf: (ms: number) => number,
  colour: string,
  width: number,
): string {
  const top = topOf(rates);
  const points = values.map((value, bin) => `${px(xOf((bin + 0.5) * rates.binMs))},${px(yOf(value, top))}`);
  return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round"/>`;
}

function drawLanes(lanes: readonly PlacedLane[]): readonly string[] {
  const drawn: string[] = [];
  let top = BOTTOM + AXIS_HEIGHT;
  for (const lane of lanes) {
    drawn.push(text(LEFT - 8, top + 12, lane.name, lane.colour, 'end'));
    for (const { x, width, colour, label, labelX, line: row } of lane.bands) {
      const y = top + row * LINE_HEIGHT;
      drawn.push(
        `<rect x="${px(x)}" y="${y + 2}" width="${px(width)}" height="${LINE_HEIGHT - 4}" fill="${colour}"/>`,
        text(labelX, y + 12, label),
      );
    }
    top += laneHeight(lane);
  }
  return drawn;
}

function laneHeight({ lines }: PlacedLane): number {
  return lines * LINE_HEIGHT + LANE_GAP;
}

/** The highest value drawn; never 0. */
function topOf({ accepted, received }: Rates): number {
  let most = 1;
  for (const value of [...accepted, ...received]) most = Math.max(most, value);
  const step = niceStep(most / 5);
  return Math.ceil(most / step) * step;
}

function yOf(value: number, top: number): number {
  return BOTTOM - (value / top) * PLOT_HEIGHT;
}

/** The least of 1, 2, 5, 10, 20 … (or tenths of them) that is no less. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 0.1)));
  return ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10) * power;
}

function text(x: number, y: number, label: string, colour = '#333333', anchor = 'start'): string {
  return `<text x="${px(x)}" y="${px(y)}" fill="${colour}" text-anchor="${anchor}">${escaped(label)}</text>`;
}

function escaped(label: string): string {
  return label.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
