import { createHash, type Hash } from 'node:crypto';

/** Characters that are hashed at once. */
const CHUNK = 65_536;

/** One line per observable step: a rolling digest of all of them, and the last ones for the report. */
export class Trace {
  private readonly hash: Hash = createHash('sha256');
  private readonly kept: string[] = [];
  private written = 0;
  private unhashed = '';
  /** Given every line, for whoever wants to read along. */
  mirror: ((text: string) => void) | undefined;

  constructor(private readonly keep = 200) {}

  line(text: string): void {
    this.unhashed += `${text}\n`;
    if (this.unhashed.length > CHUNK) this.hashRest();
    this.kept[this.written % this.keep] = text;
    this.written += 1;
    this.mirror?.(text);
  }

  get length(): number {
    return this.written;
  }

  /** Hex digits over every line so far; equal for equal runs. */
  digest(): string {
    this.hashRest();
    return this.hash.copy().digest('hex').slice(0, 32);
  }

  private hashRest(): void {
    this.hash.update(this.unhashed);
    this.unhashed = '';
  }

  /** The last lines, oldest first. */
  tail(): readonly string[] {
    if (this.written <= this.keep) return [...this.kept];
    const oldest = this.written % this.keep;
    return [...this.kept.slice(oldest), ...this.kept.slice(0, oldest)];
  }
}
