/** What this machine can send from. */
export interface SourceReach {
  /** Whether a connection could be bound to the local address now. Never rejects. */
  canBind(address: string): Promise<boolean>;
}
