import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { decodeRecord, type Fact, type FactType } from '@penstock/events';
import { type DeliveryRecipient, webhookEvent, webhookEventName } from './webhook-event.ts';

/** The recorded sample of a fact. */
function sample<T extends FactType>(type: T): Extract<Fact, { readonly type: T }> {
  const file = new URL(`../../../../libs/domain/events/samples/${type}.v1.json`, import.meta.url);
  return decodeRecord(readFileSync(file)) as Extract<Fact, { readonly type: T }>;
}

const ann: DeliveryRecipient = {
  email: 'ann@example.org',
  recipientHash: 'h',
  domain: 'example.org',
  pool: 'main',
  categories: ['news'],
  customArgs: { campaign: 'spring', event: 'open', sg_event_id: 'mine' },
};

function told(fact: Fact, recipient: DeliveryRecipient = ann): Record<string, unknown> {
  const name = webhookEventName(fact);
  assert.ok(name, fact.type);
  return { ...webhookEvent(fact, name, recipient) };
}

function bounced(cause: string, scope: 'recipient' | 'source', enhanced?: string): Fact {
  const fact = sample('bounced');
  const { reply, verdict } = fact.body;
  const text = { code: reply?.code ?? 550, text: 'No.', ...(enhanced === undefined ? {} : { enhanced }) };
  return { ...fact, body: { ...fact.body, verdict: { ...verdict, cause, scope }, reply: text } };
}

describe('an event of the webhook', () => {
  it('has the names and forms of SendGrid’s, under an id that is the fact’s own', () => {
    const delivered = sample('delivered');
    const { reply } = delivered.body;
    assert.deepEqual(told(delivered), {
      campaign: 'spring',
      event: 'delivered',
      sg_event_id: delivered.id,
      email: 'ann@example.org',
      timestamp: Math.floor(delivered.at / 1000),
      category: 'news',
      sg_message_id: delivered.deliveryId,
      response: [reply?.code, reply?.enhanced, reply?.text].filter(Boolean).join(' '),
    });
  });

  it('lets no argument of the sender’s stand for what we say', () => {
    const { event, sg_event_id } = told(sample('delivered'));
    assert.deepEqual([event, sg_event_id], ['delivered', sample('delivered').id]);
  });

  it('has the hash where the address is gone', () => {
    const { email, recipient_hash } = told(sample('processed'), { recipientHash: 'h' });
    assert.deepEqual([email, recipient_hash], [undefined, 'h']);
  });

  it('tells a bounce, which is about the address, from a block, which is not', () => {
    const unknown = told(bounced('user_unknown', 'recipient', '5.1.1'));
    assert.deepEqual([unknown.event, unknown.type, unknown.status], ['bounce', 'bounce', '5.1.1']);
    assert.equal(unknown.bounce_classification, 'Invalid Address');
    assert.equal(unknown.reason, '550 5.1.1 No.');
    for (const blocked of [bounced('throttle_reputation', 'source'), bounced('mailbox_full', 'recipient')]) {
      const { event, type, status } = told(blocked);
      assert.deepEqual([event, type, status], ['bounce', 'blocked', '5.0.0']);
    }
  });

  it('tells mail whose time ran out as blocked, and what was never to be sent as dropped', () => {
    const dropped = sample('dropped');
    const because = (cause: typeof dropped.body.cause) => told({ ...dropped, body: { ...dropped.body, cause } });
    assert.deepEqual([because('expired').event, because('expired').type], ['bounce', 'blocked']);
    assert.equal(because('outcome_unknown').event, 'bounce');
    assert.deepEqual([because('suppressed').event, because('suppressed').type], ['dropped', undefined]);
    assert.match(String(because('cancelled').reason), /cancelled/);
  });

  it('counts the attempts of a deferral', () => {
    const deferred = sample('deferred');
    const { attempt, response, domain } = told(deferred);
    assert.ok(deferred.body.cause === 'remote');
    assert.equal(attempt, `${deferred.body.attempt}`);
    assert.ok(String(response).startsWith(`${deferred.body.reply?.code}`));
    assert.equal(domain, 'example.org');
  });

  it('is made of no fact that users do not know', () => {
    for (const type of ['released', 'handed_back', 'partition_claimed'] as const) {
      assert.equal(webhookEventName(sample(type)), undefined);
    }
  });
});
