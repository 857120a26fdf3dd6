/** What a report says of its run besides what was found. */
export interface ReportMeta {
  /** Repeats the run. */
  readonly command: string;
  /** When it was made, a date. */
  readonly madeOn: string;
  readonly seconds: number;
  readonly perSecond: number;
  /** What it ran on, such as the engines and their releases. */
  readonly engines: string;
  /** What the machine has of cores, and the release of Node. */
  readonly machine: string;
  /** Of the source, as git names it; absent where there is no git. */
  readonly commit?: string | undefined;
  /** Faults that were planned and could not be made, each in words. */
  readonly skipped: readonly string[];
  /** What went wrong besides what the history shows. */
  readonly trouble: readonly string[];
}
