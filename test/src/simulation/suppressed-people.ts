import type { ApiKey } from '@penstock/access';
import type { Ingest } from '@penstock/ingest';
import type { SeededRandom, SimulatedCluster, Simulation } from '@penstock/simulation';
import type { Ledger } from './ledger.ts';
import { DOMAINS } from './surroundings.ts';

const KEY: ApiKey = { tenant: 'acme', class: 'bulk', scopes: new Set(['mail']) };
const PEOPLE = 3;
const SPREAD_MS = 30_000;
/** A client gives up waiting for an answer. */
const PATIENCE_MS = 10_000;

/**
 * Clients that suppress an address and, once that is answered, send mail to it: whatever befalls the services, none of
 * that mail may reach a receiver. Every try to send has an address of its own.
 */
export class SuppressedPeople {
  private readonly suppressed = new Set<string>();
  /** Addresses of mail that was acknowledged. */
  private readonly acknowledged: string[] = [];
  private left = PEOPLE;
  private readonly random: SeededRandom;

  constructor(
    private readonly simulation: Simulation,
    private readonly ingest: () => Ingest | undefined,
  ) {
    this.random = simulation.random('suppressed people');
    for (let n = 0; n < PEOPLE; n++) this.later(this.random.below(SPREAD_MS), n, 1);
  }

  get done(): boolean {
    return this.left === 0;
  }

  /** Checked as mail arrives. */
  watch({ world }: SimulatedCluster): void {
    world.onEvent((event) => {
      if (event.kind !== 'recipient' || !this.suppressed.has(event.recipient)) return;
      throw new Error(`${event.recipient} was suppressed before its mail was accepted, and a receiver met it`);
    });
  }

  /** At the end. */
  check(ledger: Ledger): void {
    for (const address of this.acknowledged) {
      const terminal = ledger.byAddress.get(address)?.terminal;
      if (terminal?.type === 'dropped' && terminal.body.cause === 'suppressed') continue;
      throw new Error(`${address} was suppressed, and its mail ended as ${terminal?.type ?? 'nothing'}`);
    }
  }

  private later(delayMs: number, n: number, attempt: number): void {
    const address = `suppressed.${n}.${attempt}@${this.random.pick(DOMAINS)}`;
    this.simulation.after(delayMs, `client of suppressed ${n} begins`, () => this.suppress(n, attempt, address));
  }

  private suppress(n: number, attempt: number, address: string): void {
    const again = () =>
      this.simulation.after(this.random.between(100, 2_000), `${address} again`, () =>
        this.suppress(n, attempt, address),
      );
    const asked = this.ingest()?.suppressionLists.add(KEY.tenant, [{ address }]);
    this.patiently(
      asked,
      () => {
        this.suppressed.add(address);
        this.send(n, attempt, address);
      },
      again,
    );
  }

  private send(n: number, attempt: number, address: string): void {
    const again = () => this.later(this.random.between(100, 2_000), n, attempt + 1);
    const request = {
      from: { email: 'news@sender.example' },
      subject: 'Hello',
      content: [{ type: 'text/plain', value: 'A short message.' }],
      personalizations: [{ to: [{ email: address }] }],
    };
    this.patiently(
      this.ingest()?.mailSend.send(request, KEY),
      ({ status }) => {
        if (status !== 202) return again();
        this.left -= 1;
        this.acknowledged.push(address);
      },
      again,
    );
  }

  /** One of the two, once: an answer that comes after the patience is over is not heard. */
  private patiently<T>(asked: Promise<T> | undefined, answered: (answer: T) => void, again: () => void): void {
    let settled = false;
    const once = (run: () => void) => {
      if (settled) return;
      settled = true;
      run();
    };
    this.simulation.after(PATIENCE_MS, '', () => once(again));
    asked?.then(
      (answer) => once(() => answered(answer)),
      () => once(again),
    );
  }
}
