import type { MetricSample } from '@penstock/nest';

type Labels = MetricSample['labels'];

/** Values of equal labels, added up: one series each. */
export class SeriesSums {
  private readonly sums = new Map<string, { readonly labels: Labels; value: number }>();

  add(labels: Labels, value: number): void {
    const key = JSON.stringify(labels);
    const sum = this.sums.get(key);
    if (sum) sum.value += value;
    else this.sums.set(key, { labels, value });
  }

  series(): readonly { readonly labels: Labels; readonly value: number }[] {
    return [...this.sums.values()];
  }
}
