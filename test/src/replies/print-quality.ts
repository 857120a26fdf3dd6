/** `node test/dist/replies/print-quality.js`: the tables of docs/replies.md, and each held-out reply misunderstood. */
import { labelledReplies } from './labelled-replies.ts';
import { qualityTables } from './quality-tables.ts';
import { judge } from './verdict-quality.ts';

console.log(`${qualityTables()}\n\nTaken for something else of those held out:`);
for (const { label, verdict } of judge(labelledReplies().filter(({ set }) => set === 'held_out'))) {
  const meant = [label.cause, label.scope, label.disposition].join(' ');
  const said = [verdict.cause, verdict.scope, verdict.disposition].join(' ');
  if (meant !== said) console.log(`${meant} -> ${said} (${verdict.rule ?? 'no rule'}): ${label.line}`);
}
