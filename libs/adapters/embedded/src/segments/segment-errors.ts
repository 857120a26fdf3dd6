/** Bytes that were durable are damaged. Nothing is guessed: a person has to decide. */
export class DamagedSegmentError extends Error {
  override readonly name = 'DamagedSegmentError';

  constructor(
    readonly path: string,
    readonly position: number,
    detail: string,
  ) {
    super(
      `${path} is damaged at byte ${position}: ${detail}. Records or content acknowledged earlier are unreadable. ` +
        'Stop here, check the disk, and restore the data folder from a copy; to go on without what follows that ' +
        `byte, move this segment and all later ones away and cut a copy of it to ${position} bytes.`,
    );
  }
}
