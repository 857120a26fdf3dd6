import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiKeyring, hashApiKey, parseApiKeys } from '@penstock/access';
import { Admission } from '../acceptance/admission.ts';
import { type EdgeRequest, MAX_BODY_BYTES, refuseEarly } from './http-edge.ts';

const reader = {
  tenant: 'acme',
  class: 'bulk',
  scopes: new Set(['operate'] as const),
  hash: hashApiKey('reader-key'),
} as const;
const keys = new ApiKeyring([...parseApiKeys('acme:bulk:mail-key-1 acme:transactional:trans-key-1'), reader]);
const HEADERS = { authorization: 'Bearer mail-key-1', 'content-type': 'application/json', 'content-length': '10' };

function edge(headers: EdgeRequest['headers'] = {}, method = 'POST', admission = new Admission(MAX_BODY_BYTES)) {
  const answer = refuseEarly({ method, headers: { ...HEADERS, ...headers } }, keys, admission);
  return 'status' in answer ? answer.status : answer.bytes;
}

describe('a request to mail/send, before its body is read,', () => {
  it('passes with a key, JSON and room, and is counted with its length', () => {
    assert.equal(edge(), 10);
    assert.equal(edge({ 'content-type': 'application/json; charset=utf-8' }), 10);
    assert.equal(edge({ 'content-length': String(MAX_BODY_BYTES) }), MAX_BODY_BYTES);
    assert.equal(edge({ 'content-length': undefined }), MAX_BODY_BYTES);
  });

  it('is refused by method, key, scope, type and length, in this order', () => {
    const worst = {
      authorization: 'Bearer none-such',
      'content-type': 'text/xml',
      'content-length': String(MAX_BODY_BYTES + 1),
    };
    assert.equal(edge(worst, 'GET'), 405);
    assert.equal(edge(worst), 401);
    assert.equal(edge({ ...worst, authorization: undefined }), 401);
    assert.equal(edge({ ...worst, authorization: 'Bearer reader-key' }), 403);
    assert.equal(edge({ ...worst, authorization: HEADERS.authorization }), 415);
    assert.equal(edge({ 'content-length': String(MAX_BODY_BYTES + 1) }), 413);
  });

  it('is refused with 429 while there is no room', () => {
    const admission = new Admission(25);
    assert.deepEqual(
      [1, 2, 3].map(() => edge({}, 'POST', admission)),
      [10, 10, 429],
    );
    admission.release(10);
    assert.equal(edge({}, 'POST', admission), 10);
  });

  it('is refused with 429, the reason and a time while the scheduler is behind, unless it is transactional', () => {
    const lag = { behind: () => ({ text: 'the scheduler is 61 s behind', retryAfterS: 30 }) };
    const admission = new Admission(MAX_BODY_BYTES, undefined, lag);
    const refusal = refuseEarly({ method: 'POST', headers: HEADERS }, keys, admission);
    assert.deepEqual(refusal, {
      status: 429,
      headers: { 'Retry-After': '30' },
      body: { errors: [{ message: 'the scheduler is 61 s behind', field: null, help: null }] },
    });
    assert.equal(edge({ authorization: 'Bearer trans-key-1' }, 'POST', admission), 10);
  });
});
