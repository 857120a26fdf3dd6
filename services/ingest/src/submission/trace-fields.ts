import { MESSAGE_ID_LENGTH } from '@penstock/events';
import { formatDate, rawHeader } from '@penstock/mail';

/** Stands for the message id, which is as long and as little broken over lines. */
const PLACEHOLDER = 'x'.repeat(MESSAGE_ID_LENGTH);

/** Date and Received, formatted once a second: putting the id of a message in is all that is left for each. */
export class TraceFields {
  private second = Number.NaN;
  private dateText = '';
  private dateField = '';
  /** What stands before and behind the id, by protocol; there are a handful. */
  private readonly around = new Map<string, readonly [before: string, behind: string]>();

  constructor(private readonly hostname: string) {}

  /** `nowMs` is wall time, which people read. */
  date(nowMs: number): string {
    this.renew(nowMs);
    return this.dateField;
  }

  /** Says neither from which address nor under which name the client came: that is nobody's business outside. */
  received(nowMs: number, protocol: string, messageId: string): string {
    this.renew(nowMs);
    const [before, behind] = this.around.get(protocol) ?? this.format(protocol);
    return before + messageId + behind;
  }

  private renew(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second === this.second) return;
    this.second = second;
    this.dateText = formatDate(nowMs);
    this.dateField = rawHeader('Date', this.dateText);
    this.around.clear();
  }

  private format(protocol: string): readonly [string, string] {
    const field = rawHeader('Received', `by ${this.hostname} with ${protocol} id ${PLACEHOLDER}; ${this.dateText}`);
    const at = field.lastIndexOf(PLACEHOLDER);
    const around = [field.slice(0, at), field.slice(at + PLACEHOLDER.length)] as const;
    this.around.set(protocol, around);
    return around;
  }
}
