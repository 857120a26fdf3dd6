import type { KeyedStore, ReadModels } from '@penstock/ports';

/** The projector's store, once opened. */
export class ReadModel {
  private store: KeyedStore | undefined;

  constructor(
    private readonly readModels: ReadModels,
    readonly name: string,
  ) {}

  async open(): Promise<void> {
    this.store ??= await this.readModels.open(this.name);
  }

  /** Puts its rows in the place of another model's, and is that one from now on. */
  async takeThePlaceOf(other: ReadModel): Promise<void> {
    await this.readModels.replace(other.name, this.name);
    this.store = other.rows;
  }

  /** Forgets all of it. */
  async discard(): Promise<void> {
    this.store = undefined;
    await this.readModels.discard(this.name);
  }

  /** @throws Error before `open`: the service was not started. */
  get rows(): KeyedStore {
    if (!this.store) throw new Error(`the read model ${this.name} is not open: start the projector first`);
    return this.store;
  }
}
