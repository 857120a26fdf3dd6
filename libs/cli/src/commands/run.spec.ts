import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { runCommand } from '../command.ts';

async function run(args: readonly string[]) {
  const said: string[] = [];
  const ran: unknown[] = [];
  const print = (text: string) => said.push(text);
  const runService = async (service: string, options: readonly string[]) => {
    ran.push([service, ...options]);
  };
  const code = await runCommand(args, { environment: {}, print, complain: print, sleep: async () => {}, runService });
  return { code, ran, text: said.join('\n') };
}

describe('penstock run', () => {
  it('hands its options to the service, whose own they are', async () => {
    assert.deepEqual((await run(['run', 'ingest', '--config', 'a.toml'])).ran, [['ingest', '--config', 'a.toml']]);
    assert.deepEqual((await run(['run', 'projector', '--help'])).ran, [['projector', '--help']]);
  });

  it('names the services there are', async () => {
    const unknown = await run(['run', 'bla']);
    assert.equal(unknown.code, 1);
    assert.match(unknown.text, /bla is no service: there are ingest, scheduler, dispatcher, projector/);
    assert.match((await run(['run', '--help'])).text, /Services: ingest, /);
  });
});

describe('where a command asks', () => {
  it('is the projector for questions, where one is named apart from the platform', async () => {
    const asked: string[] = [];
    const servers = ['mail', 'questions'].map((name) =>
      createServer((request, response) => {
        asked.push(`${name} ${request.method} ${request.url?.split('?')[0]}`);
        response.writeHead(202, { 'x-message-id': 'm1', 'content-type': 'application/json' }).end('{}');
      }).listen(0, '127.0.0.1'),
    );
    try {
      const [url = '', queryUrl = ''] = await Promise.all(
        servers.map(async (server) => {
          await new Promise((resolve) => server.once('listening', resolve));
          return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        }),
      );
      const print = () => {};
      const environment = { PENSTOCK_URL: url, PENSTOCK_QUERY_URL: queryUrl };
      const world = { environment, print, complain: print, sleep: async () => {} };
      await runCommand(['send', '--to', 'ann@gmail.com'], world);
      await runCommand(['keys', 'create', '--tenant', 'acme'], world);
      await runCommand(['events', 'export'], { ...world, write: async () => {} });
      assert.deepEqual(asked, ['mail POST /v3/mail/send', 'mail POST /v1/admin/keys', 'questions GET /v1/events']);
    } finally {
      for (const server of servers) server.close();
    }
  });
});
