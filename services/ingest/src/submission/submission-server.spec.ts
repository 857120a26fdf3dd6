import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { KEYS, type Rig, type RigOptions, startIngest, until } from '../ingest-rig.spec.ts';

const start = (options: RigOptions = {}) =>
  startIngest({ ...options, submission: { host: '127.0.0.1', port: 0, hostname: 'mx.penstock.example' } });

/** A client that types what it is told to. */
class Client {
  said = '';
  closed = false;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.said += text;
    });
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('error', () => {});
  }

  static async greet(rig: Rig): Promise<Client> {
    const client = new Client(connect(rig.ingest.submissionPort ?? 0, '127.0.0.1'));
    await client.hears(/^220 mx\.penstock\.example ESMTP/m);
    await client.says('EHLO client.example', /^250 .*\r\n$/m);
    return client;
  }

  static async login(rig: Rig): Promise<Client> {
    const client = await Client.greet(rig);
    await client.says(`AUTH PLAIN ${Buffer.from(`\0apikey\0${KEYS.bulk}`).toString('base64')}`, /^235 /m);
    return client;
  }

  async says(line: string, expected: RegExp): Promise<void> {
    this.said = '';
    this.socket.write(`${line}\r\n`);
    await this.hears(expected);
  }

  /** A whole transaction in one write, up to the final dot. */
  async begins(message: string): Promise<void> {
    await this.says('MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA', /^354 /m);
    this.said = '';
    this.socket.write(message);
  }

  /** Rejects when the connection is gone and it was never said. */
  hears(expected: RegExp): Promise<void> {
    return until(() => expected.test(this.said) || this.closed).then(() => assert.match(this.said, expected));
  }

  leaves(): void {
    this.socket.destroy();
  }
}

describe('the submission server', () => {
  it('hangs up on who is idle when it stops', async () => {
    const rig = await start();
    const client = await Client.login(rig);
    await rig.stop();
    assert.match(client.said, /^421 4\.4\.2 Service is stopping/m);
    await until(() => client.closed);
  });

  it('answers what was begun before it stops', async () => {
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    let waiting = false;
    const beforeAcknowledge = () => {
      waiting = true;
      return opened;
    };
    const rig = await start({ hooks: { beforeAcknowledge } });
    const client = await Client.login(rig);
    await client.begins('Subject: x\r\n\r\ny\r\n.\r\n');
    await until(() => waiting);
    assert.equal(client.said, '');
    const stopping = rig.stop();
    open();
    await stopping;
    assert.match(client.said, /^250 2\.6\.0 Ok: queued as \S+\r\n421 /);
    assert.equal(rig.processed().length, 1);
  });

  it('stores nothing of a message that is cut off, and forgets its bytes', async () => {
    const rig = await start({ maxBytesInMemory: 1000 });
    for (let i = 0; i < 3; i++) {
      const client = await Client.login(rig);
      await client.begins('x'.repeat(800));
      await until(() => isTaken(rig.ingest.admission, 500));
      client.leaves();
      await until(() => rig.ingest.admission.reserve(1000));
      rig.ingest.admission.release(1000);
    }
    assert.deepEqual(rig.processed(), []);
    await rig.stop();
  });

  it('asks to try again while too much mail is in memory, and goes on with the connection', async () => {
    const rig = await start({ maxBytesInMemory: 1000 });
    const client = await Client.login(rig);
    await client.begins(`Subject: x\r\n\r\n${'x'.repeat(2000)}\r\n.\r\n`);
    await client.hears(/^451 4\.3\.0 Too much mail at once/m);
    await client.begins('Subject: x\r\n\r\ny\r\n.\r\n');
    await client.hears(/^250 2\.6\.0 /m);
    await rig.stop();
  });

  it('refuses mail with 451 while no policy is known', async () => {
    const rig = await start({ withoutPolicy: true });
    const client = await Client.login(rig);
    await client.says('MAIL FROM:<a@example.com>', /^451 4\.3\.0 Not ready/m);
    await rig.stop();
  });

  it('hangs up after three wrong keys', async () => {
    const rig = await start();
    const client = await Client.greet(rig);
    const wrong = `AUTH PLAIN ${Buffer.from('\0apikey\0wrong-key').toString('base64')}`;
    await client.says(wrong, /^535 5\.7\.8 /m);
    await client.says(wrong, /^535 5\.7\.8 /m);
    await client.says(wrong, /^421 /m);
    await until(() => client.closed);
    await rig.stop();
  });

  it('refuses parameters of extensions it does not offer, and goes on', async () => {
    const rig = await start();
    try {
      const client = await Client.login(rig);
      for (const parameter of ['RET=HDRS', 'ENVID=x', 'HOLDFOR=60', 'X'.repeat(900)]) {
        await client.says(`MAIL FROM:<a@example.com> ${parameter}`, /^555 5\.5\.4 /m);
      }
      await client.says('MAIL FROM:<a@example.com> SIZE=9 BODY=8BITMIME SMTPUTF8 AUTH=<>', /^250 /m);
      await client.says('RCPT TO:<b@example.org> NOTIFY=NEVER', /^555 5\.5\.4 /m);
      await client.says('RCPT TO:<b@example.org>', /^250 /m);
      client.leaves();
    } finally {
      await rig.stop();
    }
  });

  it('takes a thousand recipients and no more', async () => {
    const rig = await start();
    const client = await Client.login(rig);
    const recipients = Array.from({ length: 1001 }, (_, i) => `RCPT TO:<r${i}@example.org>`).join('\r\n');
    await client.says(`MAIL FROM:<a@example.com>\r\n${recipients}`, /^452 4\.5\.3 /m);
    assert.equal(client.said.match(/^250 2\.1\.5 /gm)?.length, 1000);
    await rig.stop();
  });
});

/** Whether there is no room for so many bytes. */
function isTaken(admission: Rig['ingest']['admission'], bytes: number): boolean {
  if (!admission.reserve(bytes)) return true;
  admission.release(bytes);
  return false;
}
