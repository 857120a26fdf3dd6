/** What must hold for one mail, whatever happened around it. */
import { type Imbalance, imbalances } from '../../balance.ts';
import type { Reception, Submission } from '../history.ts';
import type { Allowances } from './check-options.ts';
import type { DeliveryStory } from './delivery-story.ts';
import { endOf } from './delivery-story.ts';
import type { Finding, ProblemKind } from './verdict.ts';

/** One mail as its client chose it. */
export interface Mail {
  readonly id: string;
  readonly submissions: readonly Submission[];
  readonly receptions: readonly Reception[];
  readonly stories: readonly DeliveryStory[];
}

const KIND_OF: Readonly<Record<Imbalance, ProblemKind>> = {
  never_ended: 'not_ended',
  vanished: 'lost',
  delivered_to_nobody: 'lost',
  given_up: 'lost',
  end_denies_reception: 'unseen',
  copies_unmarked: 'duplicated',
};

export function judgeMail(mail: Mail, options: Allowances): readonly Finding[] {
  return [
    ...balance(mail),
    ...acceptance(mail),
    ...identity(mail),
    ...visibility(mail),
    ...punctuality(mail, options),
    ...ends(mail),
  ];
}

function balance(mail: Mail): readonly Finding[] {
  const { id, submissions, receptions, stories } = mail;
  const accepted = stories.filter((story) => story.accepted);
  const promised = submissions.some(({ ended }) => ended === 'ok');
  if (!promised && accepted.length === 0) return [];
  const balances = imbalances({
    promised,
    copies: receptions.length,
    marked: sum(accepted, ({ marked }) => marked),
    doubted: accepted.some(({ doubts }) => doubts > 0),
    end: accepted.map(endOf).find((end) => end !== undefined),
  });
  return balances.map((imbalance) => ({ kind: KIND_OF[imbalance], says: `${id}: ${SAYS[imbalance](mail)}` }));
}

const SAYS: Readonly<Record<Imbalance, (mail: Mail) => string>> = {
  never_ended: ({ receptions }) => `accepted, ${times(receptions)}, and without a terminal fact`,
  vanished: ({ stories }) => `acknowledged, never received, ${stories.length ? 'never ended' : 'not in the log'}`,
  delivered_to_nobody: () => 'the log says delivered, and nobody has it',
  given_up: ({ stories }) => `${stories.map(endOf).join()} though nobody refuses mail for good, and nobody has it`,
  end_denies_reception: ({ stories, receptions }) => `${stories.map(endOf).join()}, but ${times(receptions)}`,
  copies_unmarked: ({ stories, receptions }) =>
    `${times(receptions)}, ${sum(stories, ({ marked }) => marked)} valid releases said that it might repeat`,
};

/** What the client was told is what the log holds, once. */
function acceptance({ id, submissions, stories }: Mail): readonly Finding[] {
  const findings: Finding[] = [];
  const accepted = stories.filter((story) => story.accepted);
  if (accepted.length > 1) {
    findings.push({ kind: 'duplicated', says: `${id}: submitted once, accepted as ${list(accepted)}` });
  }
  for (const { deliveryId, unfounded } of accepted) {
    if (unfounded === 0) continue;
    findings.push({ kind: 'duplicated', says: `${deliveryId}: announced as a copy though nothing was in doubt` });
  }
  for (const { ended, messageId } of submissions) {
    if (ended !== 'ok' || messageId === undefined || accepted.length === 0) continue;
    if (accepted.some((story) => story.messageId === messageId)) continue;
    findings.push({ kind: 'lost', says: `${id}: acknowledged as ${messageId}, in the log as ${list(accepted)}` });
  }
  return findings;
}

/** What arrives is what was submitted. */
function identity({ id, receptions }: Mail): readonly Finding[] {
  return receptions
    .filter(({ names }) => names !== undefined && names !== id)
    .map(({ names, at }) => ({
      kind: 'lost',
      says: `${id}: at ${ms(at)} it was the mail of ${names || 'nobody'} that came`,
    }));
}

/** Nothing arrives that nobody accepted. */
function visibility({ id, submissions, receptions, stories }: Mail): readonly Finding[] {
  if (receptions.length === 0 && stories.length === 0) return [];
  const findings: Finding[] = [];
  const say = (text: string) => findings.push({ kind: 'unseen', says: `${id}: ${text}` });
  if (submissions.length === 0) say(`${times(receptions)}, and nobody submitted it`);
  else if (submissions.every(({ ended }) => ended === 'failed'))
    say(`refused, yet ${stories.length > 0 ? 'in the log, ' : ''}${times(receptions)}`);
  if (receptions.length > 0 && !stories.some(({ accepted }) => accepted)) say(`${times(receptions)}, not in the log`);
  return findings;
}

function punctuality({ id, submissions, receptions }: Mail, { skewMs }: Allowances): readonly Finding[] {
  const notBefore = Math.max(...submissions.map((submission) => submission.notBefore ?? submission.at));
  return receptions
    .filter(({ at }) => at < notBefore - skewMs)
    .map(({ at }) => ({ kind: 'early', says: `${id}: received at ${ms(at)}, ${ms(notBefore - at)} early` }));
}

function ends({ stories }: Mail): readonly Finding[] {
  return stories.flatMap((story) => {
    const says = [...story.contradictions];
    if (story.ends.length > 1) says.push(`${story.deliveryId}: ended as ${story.ends.map(({ type }) => type).join()}`);
    return says.map((text) => ({ kind: 'second_terminal' as const, says: text }));
  });
}

/**
 * From when on a mail is due; undefined where nobody submitted it. Whose client gave up waiting for the answer may be
 * accepted long after, by an ingest that stood still: it waits for nobody before.
 */
export function dueAt({ submissions, stories }: Mail): number | undefined {
  if (submissions.length === 0) return undefined;
  const acceptedAt = Math.max(0, ...stories.map((story) => story.acceptedAt));
  return Math.max(
    ...submissions.map(({ answeredAt, ended, notBefore }) =>
      Math.max(answeredAt, notBefore ?? 0, ended === 'unknown' ? acceptedAt : 0),
    ),
  );
}

function times(receptions: readonly Reception[]): string {
  if (receptions.length === 0) return 'never received';
  return `received at ${receptions.map(({ at }) => ms(at)).join(', ')}`;
}

function list(stories: readonly DeliveryStory[]): string {
  return stories.map(({ deliveryId }) => deliveryId).join(' and ');
}

export function ms(value: number): string {
  return `${Math.round(value)} ms`;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
