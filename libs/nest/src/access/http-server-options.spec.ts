import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HTTP_SERVER_OPTIONS } from './http-server-options.ts';

function answered(code: string, changes: { writable?: boolean; destroyed?: boolean } = {}) {
  let text = '';
  let destroyed = false;
  HTTP_SERVER_OPTIONS.clientErrorHandler(Object.assign(new Error('parse error'), { code }), {
    writable: true,
    destroyed: false,
    ...changes,
    write: (written) => {
      text += written;
    },
    destroy: () => {
      destroyed = true;
    },
  });
  return { text, destroyed };
}

describe('a connection that brings no request', () => {
  it('is told why, in the shape of every error, and closed', () => {
    for (const [code, status] of [
      ['ERR_HTTP_REQUEST_TIMEOUT', 408],
      ['HPE_HEADER_OVERFLOW', 431],
      ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
      ['HPE_INVALID_METHOD', 400],
    ] as const) {
      const { text, destroyed } = answered(code);
      const [head = '', body = ''] = text.split('\r\n\r\n');
      assert.ok(head.startsWith(`HTTP/1.1 ${status} `), head);
      assert.match(head, /\r\nConnection: close$/);
      assert.equal(/Content-Length: (\d+)/.exec(head)?.[1], String(body.length));
      const { errors } = JSON.parse(body) as { errors: { message: string; field: null; help: null }[] };
      assert.deepEqual([errors.length, errors[0]?.field, errors[0]?.help], [1, null, null]);
      assert.ok(destroyed);
    }
  });

  it('is told nothing when it is gone', () => {
    assert.deepEqual(answered('ECONNRESET'), { text: '', destroyed: false });
    assert.deepEqual(answered('HPE_INVALID_METHOD', { destroyed: true }), { text: '', destroyed: false });
    assert.deepEqual(answered('HPE_INVALID_METHOD', { writable: false }), { text: '', destroyed: true });
  });
});
