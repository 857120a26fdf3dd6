import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatDate, rawHeader } from '@penstock/mail';
import { newMessageId } from '../acceptance/message-id.ts';
import { countingRandom, NOW } from '../ingest-rig.spec.ts';
import { TraceFields } from './trace-fields.ts';

describe('the trace fields of a submitted message', () => {
  it('are those of its id, protocol and second, however long the lines become', () => {
    const random = countingRandom();
    for (const hostname of ['mx.example', 'x'.repeat(60), `${'xxxxxx.'.repeat(30)}example`]) {
      const fields = new TraceFields(hostname);
      for (const afterMs of [0, 1, 999, 1000, 86_400_000, 500]) {
        const nowMs = NOW + afterMs;
        for (const protocol of ['ESMTPA', 'UTF8SMTPSA', 'ESMTPA']) {
          const id = newMessageId(random, nowMs);
          const text = `by ${hostname} with ${protocol} id ${id}; ${formatDate(nowMs)}`;
          assert.equal(fields.received(nowMs, protocol, id), rawHeader('Received', text));
          assert.equal(fields.date(nowMs), rawHeader('Date', formatDate(nowMs)));
        }
      }
    }
  });
});
