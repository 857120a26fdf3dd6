import type { Attempt } from './commands.ts';
import type { Control } from './control.ts';
import type { RecordSetAside } from './dead-letters.ts';
import type { DirectoryRecord } from './directory.ts';
import type { Fact, Received } from './facts.ts';
import type { Signal } from './signals.ts';
import type { Topic } from './topics.ts';

/** Whatever may stand in the log. */
export type LogRecord = Fact | Control | Signal | Received | Attempt | DirectoryRecord | RecordSetAside;

export type RecordType = LogRecord['type'];

/** Which record types a topic holds. */
export interface TopicRecords {
  readonly 'mail.submissions': Received;
  readonly 'mail.events': Fact;
  readonly 'mail.attempts': Attempt;
  readonly 'mail.control': Control;
  readonly 'mail.signals': Signal;
  readonly 'mail.directory': DirectoryRecord;
  readonly 'mail.dead': RecordSetAside;
}

export type RecordOf<T extends Topic> = TopicRecords[T];

/** Closes an exhaustive switch: reached only if a case is missing. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
