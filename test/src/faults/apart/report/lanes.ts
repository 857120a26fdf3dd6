/** Where the bands of a plot and their labels go, so that none lies upon another. */

export interface Band {
  /** ms of the run */
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly colour: string;
}

export interface Lane {
  readonly name: string;
  readonly colour: string;
  readonly bands: readonly Band[];
}

export interface PlacedBand extends Band {
  readonly x: number;
  readonly width: number;
  readonly labelX: number;
  /** Line within the lane, from 0. */
  readonly line: number;
}

export interface PlacedLane {
  readonly name: string;
  readonly colour: string;
  readonly bands: readonly PlacedBand[];
  readonly lines: number;
}

const LEAST_WIDTH = 3;
const GAP = 4;
/** Of a letter of a label, px: wider than most fonts' mean. */
const LETTER = 6;

/** `xOf` gives px of ms; nothing reaches beyond `right`. */
export function placeLane({ name, colour, bands }: Lane, xOf: (ms: number) => number, right: number): PlacedLane {
  const ends: number[] = [];
  const placed = [...bands]
    .sort((a, b) => a.from - b.from)
    .map((band) => {
      const x = xOf(band.from);
      const width = Math.max(LEAST_WIDTH, Math.min(right, xOf(band.to)) - x);
      const length = band.label.length * LETTER;
      const hasRoom = x + width + GAP + length <= right;
      const labelX = hasRoom ? x + width + GAP : x - GAP - length;
      const begin = Math.min(x, labelX);
      const found = ends.findIndex((end) => end + GAP <= begin);
      const line = found < 0 ? ends.length : found;
      ends[line] = Math.max(x + width, labelX + length);
      return { ...band, x, width, labelX, line };
    });
  return { name, colour, bands: placed, lines: Math.max(1, ends.length) };
}
