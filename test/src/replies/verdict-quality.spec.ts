import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { maskAddresses } from '@penstock/mail';
import { readText } from '../architecture/sources.ts';
import { labelledReplies } from './labelled-replies.ts';
import { REPLIES_PAGE, repliesPage } from './quality-tables.ts';
import { agreement, familyOf, judge } from './verdict-quality.ts';

const labels = labelledReplies();

describe('the labelled replies', () => {
  it('are more than 300 held out, from several sources, none twice', () => {
    assert.ok(labels.filter(({ set }) => set === 'held_out').length >= 300);
    assert.ok(new Set(labels.map(({ source }) => source)).size >= 5);
    assert.equal(new Set(labels.map(({ line }) => line)).size, labels.length);
  });

  it('name nobody', () => {
    for (const { line } of labels) assert.equal(maskAddresses(line), line);
  });
});

describe('verdicts on replies the rules were not written from', () => {
  const heldOut = judge(labels.filter(({ set }) => set === 'held_out'));

  it('say rightly whether to come back, and mostly why', () => {
    const { cause, disposition } = agreement(heldOut);
    assert.ok(disposition >= 0.95, `${disposition}`);
    assert.ok(cause >= 0.7, `${cause}`);
  });

  it('hardly ever bounce what is not refused for good', () => {
    const bounced = heldOut.filter(({ verdict }) => verdict.disposition === 'bounce');
    const wrongly = bounced.filter(({ label }) => label.disposition !== 'bounce');
    assert.ok(wrongly.length <= bounced.length / 50, wrongly.map(({ label }) => label.line).join('\n'));
  });

  it('hardly ever blame the address for what is not its fault', () => {
    const blamed = heldOut.filter(({ verdict }) => familyOf(verdict) === 'address' && verdict.confidence >= 0.6);
    const wrongly = blamed.filter(({ label }) => familyOf(label) !== 'address');
    assert.ok(wrongly.length <= blamed.length / 10, wrongly.map(({ label }) => label.line).join('\n'));
  });

  it('are as docs/replies.md states', () => {
    assert.equal(readText(REPLIES_PAGE), repliesPage(), 'npm run docs writes the figures');
  });
});
