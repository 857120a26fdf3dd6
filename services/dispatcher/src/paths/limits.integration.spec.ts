import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { MemoryContentStore, MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import { SmtpTransport } from '@penstock/adapter-smtp';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import type { Attempt } from '@penstock/events';
import { policyVersion } from '@penstock/policy';
import type { Membership, Resolver } from '@penstock/ports';
import { createDispatcher } from '../dispatcher.ts';
import { AttemptCommands } from '../specification/attempt-commands.ts';
import { ScriptedSigner } from '../specification/scripted-signer.ts';

const POLICY = `
egress = "sandbox"
["default"]
connection_limit = 5
max_connection_rate = "6000/min,max_burst=100"
max_message_rate = "50/s,max_burst=5"
[source."s1"]
ehlo_domain = "s1.penstock.test"
partition = 3
[pool."default"]
sources = ["s1"]
`;

/** A mailbox host over real sockets that counts what limits are about. */
class CountingHost {
  readonly mailFromAt: number[] = [];
  mostOpen = 0;
  private readonly open = new Set<Socket>();
  private readonly server: Server = createServer((socket) => this.serve(socket));

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.open.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  /** Most `MAIL FROM` in any window. */
  busiest(windowMs: number): number {
    let most = 0;
    let first = 0;
    this.mailFromAt.forEach((at, last) => {
      while (at - (this.mailFromAt[first] ?? 0) > windowMs) first++;
      most = Math.max(most, last - first + 1);
    });
    return most;
  }

  private serve(socket: Socket): void {
    this.open.add(socket);
    this.mostOpen = Math.max(this.mostOpen, this.open.size);
    socket.on('close', () => this.open.delete(socket));
    socket.on('error', () => {});
    socket.setNoDelay(true).write('220 counting\r\n');
    let inData = false;
    let rest = '';
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString('latin1')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (inData) {
          if (line !== '.') continue;
          inData = false;
          socket.write('250 2.0.0 taken\r\n');
        } else inData = this.command(line, socket);
      }
    });
  }

  private command(line: string, socket: Socket): boolean {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'MAIL') this.mailFromAt.push(performance.now());
    if (verb === 'EHLO') socket.write('250-counting\r\n250 PIPELINING\r\n');
    else if (verb === 'DATA') socket.write('354 go\r\n');
    else if (verb === 'QUIT') socket.end('221 bye\r\n');
    else socket.write('250 ok\r\n');
    return verb === 'DATA';
  }
}

describe('limits as the receiver counts them', () => {
  const host = new CountingHost();
  before(() => host.start());
  after(() => host.stop());

  const resolver: Resolver = {
    resolveMx: async () => ({ kind: 'mx', hosts: [{ name: 'mx.test', preference: 1 }], ttlMs: 60_000 }),
    resolveAddresses: async () => ({
      kind: 'addresses',
      addresses: [{ address: '127.0.0.1', family: 4, port: host.port }],
      ttlMs: 60_000,
    }),
    resolveTxt: async () => ({ kind: 'none' }),
  };

  async function dispatcherOn(data: MemoryLogData, content: MemoryContentStore) {
    const log = new MemoryEventLog(data);
    const dispatcher = createDispatcher({
      log,
      content,
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      telemetry: { log: () => {} },
      resolver,
      transport: new SmtpTransport(),
      signer: new ScriptedSigner(),
      owner: 'spec',
      holdsFolderLock: true,
    });
    const memberships: Membership[] = [];
    for (const consumer of dispatcher.consumers) memberships.push(await log.join(consumer));
    const stop = async () => {
      await Promise.all(memberships.map((membership) => membership.leave()));
      await dispatcher.stop();
    };
    return { log, stop };
  }

  async function until(done: () => boolean): Promise<void> {
    for (let turn = 0; turn < 3000 && !done(); turn++) await systemTimers.sleep(10);
    assert.ok(done(), 'the condition came true within 30 s');
  }

  it('hold: 5 connections, 50 a second with a burst of 5, through a restart too', async () => {
    const data = new MemoryLogData();
    const content = new MemoryContentStore();
    const commands = new AttemptCommands(content, () => systemClock.now());
    const send = async (log: MemoryEventLog, count: number) => {
      const records: Attempt[] = [];
      for (let number = 0; number < count; number++) records.push(await commands.make({}));
      await log.append([{ topic: 'mail.attempts', partition: 3, records }]);
    };

    const first = await dispatcherOn(data, content);
    const body = { policyVersion: policyVersion(POLICY), text: POLICY, changedBy: 'spec' };
    const policy = { id: 'p', type: 'policy_changed' as const, version: 1 as const, at: 0, partition: 0, body };
    await first.log.append([{ topic: 'mail.control', partition: 0, records: [policy] }]);
    await send(first.log, 100);
    await until(() => host.mailFromAt.length >= 60);
    await first.stop();
    await until(() => host.connections === 0);
    const second = await dispatcherOn(data, content);
    await send(second.log, 60);
    const before = host.mailFromAt.length;
    await until(() => host.mailFromAt.length >= before + 60);
    await second.stop();

    assert.ok(host.mostOpen <= 5, `${host.mostOpen} connections at once`);
    assert.ok(host.busiest(1000) <= 57, `${host.busiest(1000)} MAIL FROM in a second`);
    const facts = data.read('mail.events', 1, 0, 1000).map(({ record }) => record);
    const delivered = facts.filter(({ type }) => type === 'delivered').length;
    assert.equal(delivered, host.mailFromAt.length);
    assert.equal(delivered + facts.filter(({ type }) => type === 'handed_back').length, 160);
  });
});
