import type { KeyedStore, ReadModels } from '@penstock/ports';

/** The projector's store, once opened. */
export class ReadModel {
  private store: KeyedStore | undefined;

  constructor(
    private readonly readModels: ReadModels,
    private readonly name: string,
  ) {}

  async open(): Promise<void> {
    this.store ??= await this.readModels.open(this.name);
  }

  /** @throws Error before `open`: the service was not started. */
  get rows(): KeyedStore {
    if (!this.store) throw new Error(`the read model ${this.name} is not open: start the projector first`);
    return this.store;
  }
}
