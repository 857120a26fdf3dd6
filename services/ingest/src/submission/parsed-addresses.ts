import { type ParsedMailbox, parseMailbox } from '@penstock/mail';

const MAX_KNOWN = 4096;

/**
 * Addresses parsed lately: each one of a transaction is looked at with its command and again with the message, and a
 * sender comes back with every message.
 */
export class ParsedAddresses {
  private known = new Map<string, ParsedMailbox>();

  parse(address: string): ParsedMailbox {
    const known = this.known.get(address);
    if (known) return known;
    const parsed = parseMailbox(address);
    // Forgetting all at once costs one more look at each of those still needed.
    if (this.known.size >= MAX_KNOWN) this.known = new Map();
    this.known.set(address, parsed);
    return parsed;
  }
}
