import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { foldDirectory } from '@penstock/directory';
import type { DomainAdded } from '@penstock/events';
import { judgeAuthors } from './message-authors.ts';
import { senderRules } from './sender-rules.ts';

function added(domain: string, tenant: string): DomainAdded {
  const body = { domain, tenant, keys: [], returnPath: `bounces.${domain}` };
  return { id: domain, type: 'domain_added', version: 1, at: 0, partition: 0, body };
}

const state = foldDirectory([added('example.com', 'acme'), added('shop.example', 'globex')]);

function judge(tenant: string, from: readonly string[], sender: readonly string[] = [], sandbox = false) {
  const rules = senderRules({ state }, () => sandbox);
  const verdict = judgeAuthors(rules, tenant, { from, sender });
  return verdict.ok
    ? (verdict.returnPath ?? 'as it is')
    : `${verdict.field} ${verdict.message.split(' ', 3).join(' ')}`;
}

describe('the author of a message', () => {
  it('of a tenant with domains is from one of them, and the bounces go there', () => {
    assert.equal(judge('acme', ['Ann <ann@example.com>']), 'bounces.example.com');
    assert.equal(judge('acme', ['ann@news.example.com']), 'bounces.example.com');
    assert.equal(judge('acme', ['ann@example.org']), 'From uses example.org, which');
    assert.equal(judge('acme', ['ann@example.com, bob@example.org']), 'From uses example.org, which');
    assert.equal(judge('acme', ['ann@shop.example']), 'From uses shop.example, which');
  });

  it('of such a tenant has to be told, once, and so that it can be read', () => {
    assert.equal(judge('acme', []), 'From is missing');
    assert.equal(judge('acme', ['ann@example.com', 'eve@example.org']), 'From is there more');
    assert.equal(judge('acme', ['Friends: eve@example.org;']), 'From must name one');
    assert.equal(judge('acme', ['ann@example.com'], ['a@example.com', 'b@example.com']), 'Sender is there more');
    assert.equal(judge('acme', ['ann@example.com'], ['?']), 'Sender must name one');
  });

  it('may have a sender of the same tenant only', () => {
    assert.equal(judge('acme', ['ann@example.com'], ['list@news.example.com']), 'bounces.example.com');
    assert.equal(judge('acme', ['ann@example.com'], ['list@example.org']), 'Sender uses example.org, which');
  });

  it('of a tenant without domains is anybody but who has one', () => {
    assert.equal(judge('newcomer', ['ann@example.org']), 'as it is');
    assert.equal(judge('newcomer', []), 'as it is');
    assert.equal(judge('newcomer', ['?', '??']), 'as it is');
    assert.equal(judge('newcomer', ['ann@example.org', 'eve@mail.example.com']), 'From uses mail.example.com, which');
    assert.equal(judge('newcomer', ['ann@example.org'], ['eve@example.com']), 'Sender uses example.com, which');
  });

  it('in a sandbox is anybody, and the return path is as it will be', () => {
    assert.equal(judge('acme', ['ann@example.org'], ['eve@shop.example'], true), 'as it is');
    assert.equal(judge('acme', [], [], true), 'as it is');
    assert.equal(judge('acme', ['ann@example.com'], [], true), 'bounces.example.com');
  });
});
