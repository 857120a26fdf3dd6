/**
 * The server side of SMTP submission (RFC 6409). The door knows the conversation: commands, limits, line ends, TLS.
 * What the mail means is for the handlers to say.
 */
export interface SubmissionDoor {
  /** Listens on every listener or on none. Rejects with the system's error where an address cannot be bound. */
  open<Grant>(options: DoorOptions, handlers: SubmissionHandlers<Grant>): Promise<OpenDoor>;
}

export interface DoorOptions {
  readonly listeners: readonly DoorListener[];
  /** Name in the greeting. */
  readonly hostname: string;
  /** Bytes of the largest message taken, announced as SIZE (RFC 1870). */
  readonly maxMessageBytes: number;
  readonly maxRecipients: number;
  /** Takes keys without TLS from clients that are not on loopback, too. */
  readonly allowPlaintext: boolean;
}

export interface DoorListener {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** `implicit`: from the first byte (RFC 8314 section 3.3). `starttls`: where the client asks for it (RFC 3207). */
  readonly tls: 'implicit' | 'starttls';
}

export interface OpenDoor {
  /** The bound ports, in the order of the listeners. */
  readonly ports: readonly number[];
  /**
   * Takes no new connection and no new transaction; resolves when what was begun is answered and every socket is
   * closed.
   */
  close(): Promise<void>;
}

/** A reply. The text is ASCII without line ends. */
export interface SmtpAnswer {
  readonly code: number;
  /** RFC 3463, such as `5.1.3`. */
  readonly enhanced: string;
  readonly text: string;
}

/** What the mail means. Nothing here throws or rejects: a refusal is an answer. */
export interface SubmissionHandlers<Grant> {
  /** What the password grants, or why it does not (RFC 4954 section 6): 535 counts as a guess. */
  authenticate(user: string, password: string): { readonly grant: Grant } | SmtpAnswer;
  /** Undefined to accept. The address is empty for a null sender. Answers at once: many come in one packet. */
  refuseSender(grant: Grant, address: string, smtpUtf8: boolean): SmtpAnswer | undefined;
  /** Undefined to accept. */
  refuseRecipient(grant: Grant, address: string, smtpUtf8: boolean): SmtpAnswer | undefined;
  /** Resolves when the message is durable, or will not be. */
  message(envelope: ReceivedEnvelope<Grant>, content: ReceivedContent): Promise<SmtpAnswer>;
  /** Whether there is room in memory for so many bytes more. */
  reserve(bytes: number): boolean;
  /** Gives back what was reserved. */
  release(bytes: number): void;
}

export interface ReceivedEnvelope<Grant> {
  readonly grant: Grant;
  /** As the client gave it; empty for a null sender. */
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  /** The client said SMTPUTF8 (RFC 6531). */
  readonly smtpUtf8: boolean;
  /** For the Received field, such as `ESMTPSA` (RFC 3848). */
  readonly protocol: string;
}

/** A message as it came after DATA, dots unstuffed (RFC 5321 section 4.5.2). */
export interface ReceivedContent {
  readonly bytes: Uint8Array;
  /** Whether any byte is above 127. */
  readonly eightBit: boolean;
  /** Whether any CR stands without its LF, or any LF without its CR. */
  readonly bareLineEnds: boolean;
  /** False where no line is longer than 998 octets; true where one may be. */
  readonly longLines: boolean;
}
