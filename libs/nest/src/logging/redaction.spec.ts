import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PinoTelemetry } from './pino-telemetry.ts';
import { maskAddresses, redact } from './redaction.ts';

describe('a log line', () => {
  it('keeps the domain of an address and hides the mailbox', () => {
    assert.equal(maskAddresses('550 <ann.o+x@example.org> unknown'), '550 <***@example.org> unknown');
  });

  it('hides secrets by name and addresses at any depth, in errors too', () => {
    const error = new Error('no mailbox bob@example.org');
    const clean = JSON.stringify(redact({ apiKey: 'SG.abc', reply: { texts: ['to eve@example.net'] }, error }));
    assert.doesNotMatch(clean, /SG\.abc|bob|eve/);
    assert.match(clean, /\*\*\*@example\.org/);
  });

  it('is one JSON object with its level and event, and nothing below the level', () => {
    const lines: string[] = [];
    const telemetry = new PinoTelemetry({ level: 'info', destination: { write: (line) => lines.push(line) } });
    telemetry.log('debug', 'connection_opened');
    telemetry.log('warn', 'path_suspended', { path: 'ip-1|gmail' });
    assert.equal(lines.length, 1);
    const { level, event, path } = JSON.parse(lines[0] ?? '');
    assert.deepEqual({ level, event, path }, { level: 'warn', event: 'path_suspended', path: 'ip-1|gmail' });
  });
});
