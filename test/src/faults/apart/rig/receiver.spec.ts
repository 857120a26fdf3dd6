import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createTransport } from 'nodemailer';
import { ID_HEADER, textFor } from './marks.ts';
import { Receiver, type Taken } from './receiver.ts';

describe('a receiver', () => {
  const taken: Taken[] = [];
  let receiver: Receiver;
  let port: number;

  beforeEach(async () => {
    taken.length = 0;
    receiver = new Receiver({ took: (one) => taken.push(one), connected: () => {} });
    port = (await receiver.start()).port;
  });

  afterEach(() => receiver.stop());

  const send = (id: string, names = id) =>
    createTransport({ host: '127.0.0.1', port, ignoreTLS: true }).sendMail({
      from: 'a@sender.example',
      to: `${id}@narrow.example`,
      subject: 'One',
      text: `A dot\n.\nof its own.\n${textFor(names)}`,
      headers: { [ID_HEADER]: id },
    });

  it('notes whose mail it took and where it came from', async () => {
    await send('m1');
    assert.deepEqual(taken, [{ id: 'm1', from: '127.0.0.1', answered: true, names: 'm1' }]);
  });

  it('notes that the text is of another mail', async () => {
    await send('m1', 'm2');
    assert.equal(taken[0]?.names, 'm2');
  });

  it('has the mail, and its client does not know, where it cuts after the final dot', async () => {
    receiver.cutting = true;
    await assert.rejects(send('m2'));
    assert.deepEqual(taken, [{ id: 'm2', from: '127.0.0.1', answered: false, names: 'm2' }]);
  });
});
