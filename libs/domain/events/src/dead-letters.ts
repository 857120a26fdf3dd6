import type { Envelope } from './envelope.ts';
import { derivedId } from './ids.ts';

/** A projector or a reactor could not read a record, noted it here and went on without it. */
export type RecordSetAside = Envelope<
  'record_set_aside',
  {
    /** Whose fold lacks the record. */
    readonly group: string;
    /** Where the record stands. */
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    readonly reason: string;
    /** The record as JSON, unless it is longer than 64 Ki characters. */
    readonly text?: string;
  }
>;

const MAX_TEXT = 65_536;

/** The record of `mail.dead`. Set aside again after a restart it has the same id, so that it is a repeat. */
export function recordSetAside(at: number, { text, ...body }: RecordSetAside['body']): RecordSetAside {
  const { group, topic, partition, offset } = body;
  return {
    id: derivedId('record_set_aside', group, topic, partition, offset),
    type: 'record_set_aside',
    version: 1,
    at,
    partition: 0,
    body: { ...body, ...(text !== undefined && text.length <= MAX_TEXT && { text }) },
  };
}
