import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Control, Fact } from '@penstock/events';
import { claimed, DeliveryFacts, MINUTE, Rig, START } from '../rig.spec.ts';
import type { Why } from './why-query.ts';

const POLICY = `egress = "sandbox"
[source."ip-1"]
ehlo = "mail.example.net"
partition = 0
[pool."main"]
sources = ["ip-1"]
`;

const shared = { version: 1, at: START, partition: 0 } as const;
const POLICY_CHANGED: Control = {
  ...shared,
  id: 'policy',
  type: 'policy_changed',
  body: { policyVersion: 'policy-1', text: POLICY, changedBy: 'spec' },
};

function throttled(until: number): Control {
  const path = 'ip-1|site:mx.example.org';
  const verdict = { cause: 'throttled', scope: 'path' as const, disposition: 'defer' as const, confidence: 1 };
  const evidence = { phase: 'banner' as const, verdict };
  const rest = { action: 'suspend' as const, until, step: 1, reason: 'path_throttled' as const, evidence };
  const body = { source: 'ip-1', path, site: 'mx.example.org', ...rest };
  return { ...shared, id: 'throttled', type: 'path_throttled', body };
}

async function rigWith(...facts: readonly Fact[]): Promise<Rig> {
  const rig = new Rig();
  await rig.start();
  await rig.control(POLICY_CHANGED);
  await rig.append(claimed(0, 'claim-a'), ...facts);
  await rig.settled();
  return rig;
}

async function why(rig: Rig, { deliveryId }: DeliveryFacts, tenant = 'acme'): Promise<Why> {
  const answer = await rig.projector.queries.whys.why(tenant, deliveryId);
  if (answer.kind !== 'found') throw new Error(answer.refusal.message);
  return answer.value;
}

/** The text without its times. */
const plain = (text: string) => text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, '<time>');

describe('why a delivery went as it did', () => {
  it('is told attempt by attempt: when, through which source, past which others, within which limits', async () => {
    const d = new DeliveryFacts('m1');
    const first = d.released(1, START + 40, { epoch: 0 });
    const second = d.released(2, START + 10 * MINUTE, { epoch: 0, provider: 'gmail' });
    assert.ok(first.type === 'released' && second.type === 'released');
    const path = 'ip-1|provider:gmail';
    const passedOver = [{ source: 'ip-2', reason: 'path_throttled' as const, until: START + 20 * MINUTE }];
    const budgets = [{ key: 'hour|ip-1|provider:gmail', left: 14.7 }];
    const decision = { passedOver, credit: { path, limit: 27, used: 3 }, budgets };
    const rig = await rigWith(
      d.processed(),
      first,
      d.remote(1, START + 90),
      d.held(1, START + 7 * MINUTE, ['hourly_limit'], 0),
      { ...second, body: { ...second.body, decision } },
      d.delivered(2, START + 10 * MINUTE + 30),
    );
    const told = await why(rig, d);
    assert.equal(
      plain(told.answer),
      'It ended <time>, 10 min after it was accepted: delivered. mx1.example.org took it: 250 250 as the server said.',
    );
    assert.deepEqual(
      told.attempts.map(({ because }) => because.map(plain)),
      [
        [
          'It went as soon as it was due.',
          'It went through ip-1 to mx.example.org.',
          'No source that could have come before it was passed over.',
          'On that path 1 of the 10 deliveries that may be on their way at once were.',
          'This was decided under policy policy-1, knowing mail.control up to offset 1.',
        ],
        [
          'It was due again at <time>.',
          'It waited for us since <time> (one notice): IPs reached ISP-suggested hourly limits.',
          'It went through ip-1 to gmail (mx.example.org).',
          'ip-2 was passed over: IPs were throttled by recipient server, until <time>.',
          'On that path 3 of the 27 deliveries that may be on their way at once were.',
          'The budget hour|ip-1|provider:gmail had 14 left.',
          'This was decided under policy policy-1, knowing mail.control up to offset 1.',
        ],
      ],
    );
    assert.match(
      told.attempts[0]?.outcome?.text ?? '',
      /said at final_dot: 451 .*Understood as: too much mail at once/,
    );
    assert.equal(told.waiting, undefined);
    await rig.stop();
  });

  it('names the suppression that ended it', async () => {
    const d = new DeliveryFacts('m1');
    const dropped = d.dropped(0, START);
    assert.ok(dropped.type === 'dropped');
    const body = {
      cause: 'suppressed' as const,
      attempts: 0,
      heldMs: 0,
      remoteMs: 0,
      suppression: 'complaint' as const,
    };
    const rig = await rigWith(d.processed(), { ...dropped, body });
    assert.match(
      (await why(rig, d)).answer,
      /dropped because the address is suppressed: .* \(complaint\), after 0 attempts/,
    );
    await rig.stop();
  });

  it('is another tenant’s to know as little as whether it exists', async () => {
    const d = new DeliveryFacts('m1');
    const rig = await rigWith(d.processed());
    await assert.rejects(why(rig, d, 'globex'), /no such delivery/);
    await rig.stop();
  });
});

describe('why a delivery waits', () => {
  it('is its own time, where it is for later', async () => {
    const d = new DeliveryFacts('m1');
    const rig = await rigWith(d.processed(START, START + 60 * MINUTE));
    const { waiting, answer } = await why(rig, d);
    assert.deepEqual([waiting?.for, waiting?.expectedAt], ['send_at', START + 60 * MINUTE]);
    assert.match(
      plain(answer),
      /^It waits for its time\. It is to be sent at <time>\. It is expected to be tried at <time>/,
    );
    assert.match(plain(answer), /Undelivered, it is dropped at <time>\.$/);
    await rig.stop();
  });

  it('is what the receiver said, until the retry is due', async () => {
    const d = new DeliveryFacts('m1');
    const rig = await rigWith(d.processed(), d.released(1, START, { epoch: 0 }), d.remote(1, START + 1, 30 * MINUTE));
    const { waiting } = await why(rig, d);
    assert.deepEqual([waiting?.for, waiting?.expectedAt], ['receiver', START + 1 + 30 * MINUTE]);
    assert.match(waiting?.because[0] ?? '', /451 as the server said.*for the moment/);
    await rig.stop();
  });

  it('is what its notice said and the path that rests, until that ends', async () => {
    const d = new DeliveryFacts('m1');
    const rig = await rigWith(
      d.processed(START - 10 * MINUTE),
      d.released(1, START - 9 * MINUTE, { epoch: 0 }),
      d.handedBack(1, START - 8 * MINUTE),
      d.held(1, START - MINUTE, ['path_throttled'], 0),
    );
    await rig.control(throttled(rig.time.now() + 5 * MINUTE));
    await rig.settled();
    const { waiting, status } = await why(rig, d);
    assert.deepEqual([status, waiting?.for, waiting?.expectedAt], ['held', 'us', rig.time.now() + 5 * MINUTE]);
    assert.deepEqual(waiting?.because.map(plain), [
      'It waits for us since <time>: IPs were throttled by recipient server.',
      'The path ip-1|site:mx.example.org rests until <time>: IPs were throttled by recipient server.',
    ]);
    await rig.stop();
  });

  it('is its turn, where nothing else stands in its way', async () => {
    const d = new DeliveryFacts('m1');
    const rig = await rigWith(d.processed(START - MINUTE));
    const { waiting } = await why(rig, d);
    assert.deepEqual([waiting?.for, waiting?.expectedAt], ['us', undefined]);
    assert.deepEqual(waiting?.because, ['Nothing stands in its way but what is before it in its lane.']);
    await rig.stop();
  });

  it('is the attempt that is open', async () => {
    const d = new DeliveryFacts('m1');
    const rig = await rigWith(d.processed(), d.released(1, START + 5, { epoch: 0 }));
    const { waiting, attempts } = await why(rig, d);
    assert.equal(waiting?.for, 'outcome');
    assert.match(waiting?.because.join(' ') ?? '', /through ip-1 is under way since .* counts as unknown/);
    assert.equal(attempts[0]?.outcome, undefined);
    await rig.stop();
  });
});
