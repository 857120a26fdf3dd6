import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryContentStore, MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import { ContentDamagedError } from '@penstock/ports';
import { GivenDispatcher, POLICY } from '../specification/given-dispatcher.ts';
import { answer, die, Gate, refuse } from '../specification/scripted-transport.ts';

async function running(...changes: readonly (readonly [string, string])[]): Promise<GivenDispatcher> {
  const log = new MemoryEventLog(new MemoryLogData());
  const policy = changes.reduce((text, [from, to]) => text.replace(from, to), POLICY);
  return GivenDispatcher.running({ log, content: new MemoryContentStore(), policy });
}

const many = (count: number, wanted = {}) => Array.from({ length: count }, () => wanted);

describe('connections of a path', () => {
  it('are never more than its limit', async () => {
    const given = await running();
    const gate = new Gate();
    given.transport.fallback = gate.script;
    await given.command(...many(6));
    assert.equal(given.transport.open, 2);
    for (let round = 0; round < 3; round++) {
      gate.open();
      await given.time.advance(10);
    }
    assert.equal(given.transport.mostOpen, 2);
    assert.equal((await given.outcomes()).length, 6);
  });

  it('are shared by all sites of a provider', async () => {
    const given = await running();
    const gate = new Gate();
    given.transport.fallback = gate.script;
    const sites = ['x.test', 'y.test', 'z.test'];
    await given.command(...sites.map((domain) => ({ domain, provider: 'big' })));
    assert.equal(given.transport.open, 2);
    gate.open();
    await given.time.advance(6000);
    gate.open();
    await given.time.advance(10);
    assert.equal(given.transport.mostOpen, 2);
    assert.equal((await given.outcomes()).length, 3);
  });

  it('are those of the source, and of each site where the provider keeps its sites apart', async () => {
    const given = await running([
      '[provider."big"]',
      '["default".sources."s1"]\nconnection_limit = 1\n[provider."big"]\npaths = "per_site"',
    ]);
    const gate = new Gate();
    given.transport.fallback = gate.script;
    await given.command(...many(4));
    assert.equal(given.transport.open, 1);
    const region = (domain: string) => many(3, { domain, provider: 'big', path: `s1|provider:big|site:${domain}` });
    await given.command(...region('x.test'), ...region('y.test'));
    assert.equal(given.transport.open, 1 + 2 + 2);
    for (let round = 0; round < 8; round++) {
      gate.open();
      await given.time.advance(10);
    }
    assert.equal((await given.outcomes()).length, 10);
    assert.equal(given.transport.mostOpen, 5);
  });

  it('make room for a site that has none after a turn', async () => {
    const given = await running(
      ['[provider."big"]', '[provider."big"]\nmax_connection_rate = "6000/min,max_burst=100"'],
      ['connection_limit = 2\n[source', 'connection_limit = 1\n[source'],
    );
    await given.command(...many(30, { domain: 'x.test', provider: 'big' }), { domain: 'y.test', provider: 'big' });
    await given.time.advance(2000);
    const delivered = await given.outcomes();
    assert.equal(delivered.length, 31);
    assert.ok(delivered.indexOf('m31.0.1 delivered') < 30, 'the other site did not wait for all of the first');
    assert.equal(given.transport.mostOpen, 1);
  });

  it('end after max_deliveries_per_connection', async () => {
    const given = await running(['max_deliveries_per_connection = 50', 'max_deliveries_per_connection = 2']);
    for (let number = 0; number < 5; number++) await given.command({});
    await given.time.advance(50);
    assert.deepEqual(
      given.transport.sessions.map(({ sent, quits }) => [sent, quits]),
      [
        [2, 1],
        [2, 1],
        [1, 0],
      ],
    );
  });

  it('are closed with QUIT when they have been idle for 5 s, and the path is forgotten', async () => {
    const given = await running();
    await given.command({});
    await given.time.advance(4000);
    assert.equal(given.transport.open, 1);
    await given.time.advance(2000);
    assert.equal(given.transport.open, 0);
    assert.equal(given.transport.sessions[0]?.quits, 1);
    await given.time.advance(120_000);
    assert.equal(given.time.timers, 0);
  });

  it('beyond a limit that was lowered are closed when they fall idle', async () => {
    const given = await running();
    const gate = new Gate();
    given.transport.scripts.push(gate.script, gate.script);
    await given.command({}, {});
    assert.equal(given.transport.open, 2);
    await given.writePolicy(POLICY.replace('connection_limit = 2', 'connection_limit = 1'));
    gate.open();
    await given.time.advance(100);
    assert.equal(given.transport.open, 1);
    await given.command({});
    assert.equal(given.transport.connects.length, 2);
  });

  it('open no faster than max_connection_rate', async () => {
    const given = await running(
      ['max_connection_rate = "6000/min,max_burst=100"', 'max_connection_rate = "1/s"'],
      ['max_deliveries_per_connection = 50', 'max_deliveries_per_connection = 1'],
    );
    await given.command(...many(5));
    assert.equal(given.transport.connects.length, 1);
    await given.time.advance(2100);
    assert.equal(given.transport.connects.length, 3);
    await given.time.advance(2000);
    assert.equal((await given.outcomes()).length, 5);
  });
});

describe('a connection that ends by itself', () => {
  it('between two transactions is replaced once, and is no evidence', async () => {
    for (const farewell of [die, refuse(421, 'idle for too long')]) {
      const given = await running();
      await given.command({});
      given.transport.scripts.push(farewell);
      await given.command({});
      assert.deepEqual(await given.outcomes(), ['m1.0.1 delivered', 'm2.0.1 delivered']);
      assert.equal(given.transport.connects.length, 2);
    }
  });

  it('is replaced by a fresh one, since the idle ones may have died with it', async () => {
    const given = await running();
    const gate = new Gate();
    given.transport.scripts.push(gate.script, gate.script);
    await given.command({}, {});
    gate.open();
    await given.time.advance(10);
    assert.equal(given.transport.open, 2);
    given.transport.scripts.push(die);
    await given.command({});
    await given.time.advance(50);
    assert.ok((await given.outcomes()).includes('m3.0.1 delivered'));
    assert.equal(given.transport.connects.length, 3);
  });

  it('twice, the second time fresh, is evidence', async () => {
    const given = await running();
    await given.command({});
    given.transport.fallback = die;
    await given.command({});
    assert.deepEqual((await given.outcomes()).slice(1), ['m2.0.1 deferred mail path']);
    assert.equal(given.transport.connects.length, 2);
  });

  it('fresh, at its first MAIL FROM, is evidence', async () => {
    const given = await running();
    given.transport.fallback = die;
    await given.command({}, {}, {});
    const outcomes = await given.outcomes();
    assert.equal(outcomes.filter((one) => one.includes('deferred mail path')).length, 1);
    assert.equal(outcomes.length, 3);
  });

  it('after MAIL FROM and before the final dot defers that delivery only', async () => {
    const given = await running();
    given.transport.scripts.push((_, session) => {
      session.drop();
      return { kind: 'broken', phase: 'data', detail: 'gone', mailAnswered: true };
    });
    await given.command({}, {});
    assert.deepEqual((await given.outcomes()).toSorted(), ['m1.0.1 deferred data host', 'm2.0.1 delivered']);
  });

  it('after the final dot leaves the outcome unknown', async () => {
    const given = await running();
    given.transport.scripts.push((_, session) => {
      session.drop();
      const refusal = { phase: 'rcpt' as const, reply: { code: 550, text: 'no' }, accepted: false };
      return { kind: 'unknown', detail: 'gone', refused: [undefined, refusal] };
    });
    await given.command({ recipients: 2 });
    assert.deepEqual(await given.outcomes(), ['m1.0.1 outcome_unknown', 'm1.1.1 bounced 550']);
  });
});

describe('a reply from RCPT on', () => {
  it('is about the recipient or the message and leaves the path alone', async () => {
    const given = await running();
    given.transport.scripts.push(
      answer(421, '4.7.0 too much', 'rcpt'),
      answer(550, 'no such user'),
      answer(451, 'later'),
    );
    await given.command({}, {}, {}, {});
    const kinds = (await given.outcomes()).map((one) => one.split(' ')[1]).sort();
    assert.deepEqual(kinds, ['bounced', 'deferred', 'deferred', 'delivered']);
    assert.ok(!(await given.controlTypes()).includes('path_throttled'));
  });

  it('that blocks the source ends a delivery unless another source may take it', async () => {
    const given = await running();
    const blocked = answer(550, 'Client host [192.0.2.1] blocked using zen.spamhaus.org', 'rcpt', '5.7.1');
    given.transport.scripts.push(blocked, blocked, answer(550, 'User unknown', 'rcpt', '5.1.1'));
    const mayMove = { delivery: { mayMove: true } };
    await given.command({}, mayMove, mayMove);
    const met = (await given.facts()).map((fact) => {
      assert.ok('verdict' in fact.body && fact.body.verdict);
      const { cause, scope, disposition } = fact.body.verdict;
      return `${fact.messageId} ${fact.type} ${cause} ${scope} ${disposition}`;
    });
    assert.deepEqual(met.sort(), [
      'm1 bounced blocked source bounce',
      'm2 deferred blocked source defer',
      'm3 bounced user_unknown recipient bounce',
    ]);
  });

  it("is read by the rules of the path's provider, or of the one the host belongs to", async () => {
    const given = await running();
    const limited = answer(550, 'Ip frequency limited');
    given.transport.scripts.push(limited);
    await given.command({ domain: 'a.test', provider: 'qq' });
    const [fact] = await given.facts();
    assert.ok(fact?.type === 'deferred' && fact.body.cause === 'remote');
    assert.equal(fact.body.verdict.rule, 'qq-frequency');
  });

  it('that says when to come back is believed within bounds', async () => {
    const hints: [string, number | undefined][] = [
      ['please try again in 10 minutes', 600_000],
      ['please try again in 2 seconds', 60_000],
      ['please try again in 20 hours', 14_400_000],
      ['greylisted', 300_000],
      ['mailbox busy', undefined],
    ];
    for (const [text, expected] of hints) {
      const given = await running();
      given.transport.scripts.push(answer(450, text, 'rcpt', text === 'greylisted' ? '4.7.1' : '4.2.1'));
      await given.command({});
      const [fact] = await given.facts();
      assert.ok(fact?.type === 'deferred' && fact.body.cause === 'remote');
      assert.equal(fact.body.retryAfterMs, expected, text);
    }
  });
});

describe('what cannot be sent', () => {
  it('bounces with the reason', async () => {
    for (const [cause, code] of [
      ['too_big', '5.3.4'],
      ['eightbitmime_missing', '5.6.3'],
      ['smtputf8_missing', '5.6.7'],
      ['bad_argument', '5.1.3'],
    ] as const) {
      const given = await running();
      given.transport.scripts.push(() => ({ kind: 'unsendable', cause, detail: '' }));
      await given.command({});
      assert.deepEqual(await given.outcomes(), [`m1.0.1 bounced ${code}`]);
    }
  });

  it('because its content is gone bounces, and because the store is away goes back', async () => {
    const given = await running();
    const gone = await given.make({ delivery: { content: { body: 'nowhere', recipient: 'nowhere' } } });
    await given.append(gone);
    assert.deepEqual(await given.outcomes(), ['m1.0.1 bounced 5.6.0']);
    given.given.content.get = async () => {
      throw new Error('disk is away');
    };
    await given.command({});
    assert.deepEqual((await given.outcomes()).slice(1), ['m2.0.1 handed_back not_started']);
  });
});

describe('damaged content', () => {
  it('is tried ever more seldom for an hour, and then bounces', async () => {
    const given = await running();
    given.given.content.get = async () => {
      throw new ContentDamagedError('a bit has turned');
    };
    const waits: number[] = [];
    for (let release = 1; release <= 20; release++) {
      await given.command({ delivery: { messageId: 'm', deliveryId: 'm.0.1', release } });
      const fact = (await given.facts()).at(-1);
      if (fact?.type !== 'handed_back') break;
      const until = fact.body.until ?? 0;
      waits.push(Math.round((until - fact.at) / 1000));
      await given.time.advance(until - given.time.now());
    }
    assert.deepEqual(waits.slice(0, 9), [5, 10, 20, 40, 80, 160, 320, 600, 600]);
    assert.ok(waits.length <= 14, `${waits.length} tries`);
    assert.equal((await given.outcomes()).at(-1), 'm.0.1 bounced 5.6.0');
    assert.equal(given.transport.mails.length, 0);
  });
});

describe('pace', () => {
  it('is kept at MAIL FROM and starts without a burst', async () => {
    const given = await running([
      'max_message_rate = "1000/s,max_burst=1000"',
      'max_message_rate = "10/s,max_burst=3"',
    ]);
    await given.time.advance(60_000);
    await given.command(...many(20));
    assert.equal(given.transport.mails.length, 3);
    await given.time.advance(1000);
    assert.equal(given.transport.mails.length, 13);
    await given.time.advance(1000);
    assert.equal(given.transport.mails.length, 20);
  });

  it('takes transactional mail first, four to one', async () => {
    const given = await running([
      'max_message_rate = "1000/s,max_burst=1000"',
      'max_message_rate = "10/s,max_burst=1"',
    ]);
    await given.command(...many(6), ...many(8, { class: 'transactional' }));
    await given.time.advance(2000);
    const order = given.transport.mails.map(({ recipients }) => Number(/user(\d+)/.exec(recipients[0] ?? '')?.[1]));
    const classes = order.map((number) => (number > 6 ? 'T' : 'b')).join('');
    assert.equal(classes, 'TTTTbTTTTbbbbb');
  });

  it('follows a changed policy', async () => {
    const given = await running();
    await given.writePolicy(POLICY.replace('"1000/s,max_burst=1000"', '"1/s"'));
    await given.time.advance(10);
    await given.command(...many(5));
    await given.time.advance(2500);
    assert.ok(given.transport.mails.length <= 4, String(given.transport.mails.length));
  });
});

describe('stopping', () => {
  it('starts nothing more, lets transactions end, hands the rest back', async () => {
    const given = await running();
    const gate = new Gate();
    given.transport.fallback = gate.script;
    await given.command(...many(5));
    await given.leave();
    const stopped = given.dispatcher.stop();
    await given.time.advance(100);
    assert.deepEqual(
      (await given.outcomes()).map((one) => one.slice(7)),
      Array(3).fill('handed_back shutdown'),
    );
    gate.open();
    await given.time.advance(100);
    await stopped;
    assert.equal((await given.outcomes()).filter((one) => one.endsWith('delivered')).length, 2);
    assert.equal(given.transport.open, 0);
    assert.equal(given.time.timers, 0);
  });

  it('cuts what takes too long, which leaves its outcome unknown', async () => {
    const given = await running();
    const gate = new Gate();
    given.transport.fallback = gate.script;
    await given.command({});
    await given.leave();
    let stopped = false;
    void given.dispatcher.stop().then(() => {
      stopped = true;
    });
    await given.time.advance(10_001);
    gate.open();
    await given.time.advance(1);
    assert.deepEqual(await given.outcomes(), ['m1.0.1 outcome_unknown']);
    assert.equal(stopped, true);
  });
});
