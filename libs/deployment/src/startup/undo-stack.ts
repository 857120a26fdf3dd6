/** What has to be undone, last first. Every step is tried; the first failure is reported when all are done. */
export class UndoStack {
  private readonly steps: (() => Promise<unknown> | undefined)[] = [];

  push(step: () => Promise<unknown> | undefined): void {
    this.steps.push(step);
  }

  /** A second call finds nothing left to do. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.steps.pop(); step; step = this.steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
