import type { Envelope } from './envelope.ts';

/** The owner lives and keeps these claims. Read back by itself it may send, for a while; silence lets others take over. */
export type OwnerRenewed = Envelope<
  'owner_renewed',
  { readonly owner: string; readonly claims: readonly { readonly source: string; readonly claimId: string }[] }
>;

/** Records of `mail.signals`, by type. */
export type SignalType = OwnerRenewed['type'];
