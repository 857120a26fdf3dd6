import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Clock, Timers } from '@penstock/ports';
import { greylisting } from './characters/greylisting.ts';
import { slowness } from './characters/paths.ts';
import { Sandbox } from './sandbox.ts';

/** Speaks SMTP by hand: one line out, one reply in. */
class Client {
  private received = '';

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('error', () => {});
    socket.on('data', (text: string) => {
      this.received += text;
    });
  }

  static async open(port: number): Promise<{ client: Client; banner: string }> {
    const socket = connect(port, '127.0.0.1');
    const client = new Client(socket);
    await once(socket, 'connect');
    return { client, banner: await client.reply() };
  }

  async say(line: string): Promise<string> {
    this.socket.write(`${line}\r\n`);
    return this.reply();
  }

  /** The last line of the reply; `closed` where none came. */
  async reply(): Promise<string> {
    for (;;) {
      const end = this.received.indexOf('\r\n');
      if (end >= 0) {
        const line = this.received.slice(0, end);
        this.received = this.received.slice(end + 2);
        if (line[3] !== '-') return line;
      } else if (this.socket.closed) return 'closed';
      else await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]);
    }
  }

  async close(): Promise<void> {
    if (this.socket.destroyed) return;
    const closed = once(this.socket, 'close');
    this.socket.destroy();
    await closed;
  }
}

const immediately: Timers = {
  after: () => ({ cancel: () => {} }),
  sleep: async () => {},
};

describe('the sandbox', () => {
  const time = { now: 1_000 };
  const clock: Clock = { now: () => time.now, monotonic: () => time.now };
  const clients: Client[] = [];
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await Sandbox.start({ clock, timers: immediately });
  });
  after(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await sandbox.stop();
  });

  async function visit(provider: string): Promise<{ client: Client; banner: string }> {
    const opened = await Client.open(sandbox.provider(provider).port);
    clients.push(opened.client);
    return opened;
  }

  async function rcpt(provider: string, recipient: string): Promise<string> {
    const { client } = await visit(provider);
    await client.say('EHLO test');
    await client.say('MAIL FROM:<s@example.org>');
    const reply = await client.say(`RCPT TO:<${recipient}>`);
    await client.close();
    return reply;
  }

  it('leads every domain to loopback, and .invalid nowhere', async () => {
    const mx = await sandbox.resolver.resolveMx('GMAIL.com');
    assert.ok(mx.kind === 'mx');
    assert.equal(mx.hosts[0]?.name, 'gmail-smtp-in.l.google.com');
    const addresses = await sandbox.resolver.resolveAddresses('gmail-smtp-in.l.google.com');
    assert.ok(addresses.kind === 'addresses');
    assert.deepEqual(addresses.addresses, [{ address: '127.0.0.1', family: 4, port: sandbox.provider('gmail').port }]);
    assert.equal((await sandbox.resolver.resolveMx('nowhere.invalid')).kind, 'nxdomain');
    const anybody = await sandbox.resolver.resolveMx('example.org');
    assert.ok(anybody.kind === 'mx' && anybody.hosts[0]?.name === 'mx.mailbox.sandbox');
  });

  it('takes mail and remembers what it truly accepted', async () => {
    const { client } = await visit('healthy');
    await client.say('EHLO test');
    await client.say('MAIL FROM:<s@example.org>');
    await client.say('RCPT TO:<ann@example.com>');
    await client.say('DATA');
    const reply = await client.say('Subject: hi\r\nMessage-ID:\r\n <1@test>\r\n\r\nbody\r\n.');
    assert.match(reply, /^250 2\.0\.0/);
    const [mail] = sandbox.mailFor('Ann@example.com');
    assert.ok(mail);
    assert.deepEqual(
      { messageId: mail.messageId, sender: mail.sender, answered: mail.answered },
      { messageId: '<1@test>', sender: 's@example.org', answered: true },
    );
  });

  it('answers a tenth connection to gmail with 421 4.7.28 and not a ninth', async () => {
    const opened = await Promise.all(Array.from({ length: 9 }, () => visit('gmail')));
    for (const { banner } of opened) assert.match(banner, /^220 /);
    const tenth = await visit('gmail');
    assert.match(tenth.banner, /^421 4\.7\.28 Gmail has detected an unusual rate/);
    assert.equal(await tenth.client.reply(), 'closed');
  });

  it('sends each third new delivery to outlook away once', async () => {
    const replies = [];
    for (const name of ['a', 'b', 'c', 'd']) replies.push(await rcpt('outlook', `${name}@outlook.com`));
    assert.deepEqual(
      replies.map((reply) => reply.slice(0, 3)),
      ['250', '250', '451', '250'],
    );
    assert.match(replies[2] ?? '', /4\.7\.500 Server busy\. Please try again later from \[127\.0\.0\.1\]/);
    assert.match(await rcpt('outlook', 'c@outlook.com'), /^250/);
  });

  it('greylists a newcomer until its time has passed', async () => {
    assert.match(await rcpt('yahoo', 'new@yahoo.com'), /^451 4\.7\.1 .*Greylisted for 4 seconds/);
    time.now += 3_999;
    assert.match(await rcpt('yahoo', 'new@yahoo.com'), /^451 4\.7\.1/);
    time.now += 1;
    assert.match(await rcpt('yahoo', 'new@yahoo.com'), /^250/);
  });

  it('knows full and unknown mailboxes', async () => {
    assert.match(await rcpt('full', 'full-1@full.sandbox'), /^452 4\.2\.2/);
    assert.match(await rcpt('full', 'unknown-1@full.sandbox'), /^550 5\.1\.1/);
    assert.match(await rcpt('full', 'ann@full.sandbox'), /^250/);
  });

  it('greets with 554 where it is blocked', async () => {
    const { client, banner } = await visit('blocked');
    assert.match(banner, /^554 5\.7\.1/);
    assert.equal(await client.reply(), 'closed');
  });

  it('cuts the connection after the final dot, having taken the message', async () => {
    const { client } = await visit('dropping');
    await client.say('EHLO test');
    await client.say('MAIL FROM:<s@example.org>');
    await client.say('RCPT TO:<bob@dropping.sandbox>');
    await client.say('DATA');
    assert.equal(await client.say('Message-ID: <2@test>\r\n\r\nbody\r\n.'), 'closed');
    assert.deepEqual(
      sandbox.mailFor('bob@dropping.sandbox').map(({ messageId, answered }) => ({ messageId, answered })),
      [{ messageId: '<2@test>', answered: false }],
    );
  });
});

describe('a sandbox character', () => {
  it('is slow within its bounds and not always alike', () => {
    const slow = slowness(300, 800);
    const delays = Array.from({ length: 501 }, () => slow.delayMs?.() ?? 0);
    assert.ok(delays.every((delay) => delay >= 300 && delay <= 800));
    assert.equal(new Set(delays).size, 501);
  });

  it('greylists another sender anew', () => {
    const character = greylisting({ now: () => 0, monotonic: () => 0 }, 0);
    const ask = (sender: string) => character.rcptTo?.({ client: '127.0.0.1', sender, recipient: 'r@y.example' });
    assert.equal(ask('a@example.org')?.code, 451);
    assert.equal(ask('a@example.org'), undefined);
    assert.equal(ask('b@example.org')?.code, 451);
  });
});
