import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNoPostfix } from '../fixtures/postfix/postfix.ts';
import { RawSubmission } from '../fixtures/raw-submission.ts';
import { RecordingSink } from '../fixtures/recording-sink.ts';
import { fuzz } from './fuzz.ts';

async function messagesSeen(lenient: boolean, content: string): Promise<number> {
  const sink = new RecordingSink({ lenient });
  const client = await RawSubmission.open(await sink.start());
  try {
    await client.send({ mailFrom: 'a@example.com', recipients: ['b@sink.example'], content });
    await client.send({ mailFrom: 'a@example.com', recipients: ['c@sink.example'], content: 'text' }).catch(() => '');
    return sink.messages.length + sink.junk.length;
  } finally {
    client.close();
    await sink.stop();
  }
}

test('the lenient sink of these tests is fooled by what a strict one is not', async () => {
  // A dot behind a CRLF is stuffed by any client: what is left begins with a lone CR or LF.
  for (const end of ['\n.\n', '\r.\r', '\n.\r\n', '\r.\r\n', '\r.\n', '\n.\r']) {
    const content = `Subject: a\r\n\r\nbefore${end}behind`;
    assert.ok((await messagesSeen(true, content)) > 2, JSON.stringify(end));
    assert.equal(await messagesSeen(false, content), 2, JSON.stringify(end));
  }
});

test('no end of data inside a message, in whatever variant, ends it at a strict or a lenient host', async () => {
  await fuzz({ seed: 20_260_105, mails: 25 });
});

test('nor does it behind a Postfix', async (context) => {
  const reason = whyNoPostfix();
  if (reason !== undefined) return context.skip(reason);
  await fuzz({ seed: 20_260_106, mails: 6, throughPostfix: true });
});
