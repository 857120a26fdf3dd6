import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { derivedId, SUPPRESSION_REASONS } from '@penstock/events';
import fc from 'fast-check';
import { SuppressionTable } from './suppression-table.ts';

const hashOf = (n: number) => derivedId('recipient', n);

describe('the table of suppressions', () => {
  it('says what a map would say, whatever is set and removed', () => {
    const tenant = fc.constantFrom('acme', 'globex');
    const step = fc.record({ tenant, n: fc.nat(150), reason: fc.constantFrom(undefined, ...SUPPRESSION_REASONS) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const table = new SuppressionTable();
        const map = new Map<string, { reason: string; expiresAtS: number }>();
        for (const [i, { tenant, n, reason }] of steps.entries()) {
          if (reason === undefined) table.delete(tenant, hashOf(n));
          else table.set(tenant, hashOf(n), { reason, expiresAtS: i });
          if (reason === undefined) map.delete(`${tenant}/${n}`);
          else map.set(`${tenant}/${n}`, { reason, expiresAtS: i });
        }
        assert.equal(table.size, map.size);
        for (const tenant of ['acme', 'globex']) {
          for (let n = 0; n <= 150; n++) assert.deepEqual(table.find(tenant, hashOf(n)), map.get(`${tenant}/${n}`));
        }
      }),
    );
  });

  it('grows, and finds each of a hundred thousand and nobody else', () => {
    const table = new SuppressionTable();
    for (let n = 0; n < 100_000; n++) table.set('acme', hashOf(n), { reason: 'bounce', expiresAtS: 0 });
    assert.equal(table.size, 100_000);
    for (let n = 0; n < 100_000; n++) assert.ok(table.find('acme', hashOf(n)));
    for (let n = 100_000; n < 110_000; n++) assert.equal(table.find('acme', hashOf(n)), undefined);
    for (let n = 0; n < 1000; n++) assert.equal(table.find('globex', hashOf(n)), undefined);
  });

  it('does not grow for what is added and removed again', () => {
    const table = new SuppressionTable();
    for (let n = 0; n < 10_000; n++) {
      table.set('acme', hashOf(n), { reason: 'manual', expiresAtS: 0 });
      table.delete('acme', hashOf(n));
    }
    assert.equal(table.size, 0);
    assert.equal(table.find('acme', hashOf(9_999)), undefined);
  });
});
