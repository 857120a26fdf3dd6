/** Something that happens once and that any number wait for. */
export class Signal {
  readonly happened: Promise<void>;
  readonly happen: () => void;

  constructor() {
    let resolvePromise: () => void = () => {};
    this.happened = new Promise((resolve) => {
      resolvePromise = resolve;
    });
    this.happen = resolvePromise;
  }
}
