/** Where the evidence of one direction is strongest. */
export interface EvidencePlace {
  /** Its part of all evidence of the map, 0 to 1. */
  share: number;
  /** One of nine parts of the picture, such as 'upper left' or 'centre'. */
  place: string;
  /** How much of this direction's evidence is in that part, 0 to 1. */
  shareInPlace: number;
}

export interface EvidencePlaces {
  /** Evidence for the positive label; null if there is none. */
  raises: EvidencePlace | null;
  lowers: EvidencePlace | null;
}

const ROWS = ['upper', '', 'lower'] as const;
const COLUMNS = ['left', '', 'right'] as const;

/**
 * Where an evidence map looks, from the pixels of its PNG, RGBA `[height, width, 4]`: red above blue is evidence for the positive
 * label, and the opacity is its strength (server/pixels/colour-evidence.ts).
 */
export function evidencePlaces(rgba: ArrayLike<number>, width: number, height: number): EvidencePlaces {
  const raises = new Array<number>(9).fill(0);
  const lowers = new Array<number>(9).fill(0);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x);
      const strengths = (rgba[at] ?? 0) > (rgba[at + 2] ?? 0) ? raises : lowers;
      const part = 3 * Math.floor((3 * y) / height) + Math.floor((3 * x) / width);
      strengths[part] = (strengths[part] ?? 0) + (rgba[at + 3] ?? 0);
    }
  }
  const total = sum(raises) + sum(lowers);
  return { raises: strongest(raises, total), lowers: strongest(lowers, total) };
}

function strongest(strengths: readonly number[], total: number): EvidencePlace | null {
  const own = sum(strengths);
  if (own === 0) return null;
  const most = Math.max(...strengths);
  return { share: own / total, place: nameOfPart(strengths.indexOf(most)), shareInPlace: most / own };
}

function nameOfPart(part: number): string {
  const name = [ROWS[Math.floor(part / 3)], COLUMNS[part % 3]].filter(Boolean).join(' ');
  return name === '' ? 'centre' : name.includes(' ') ? name : `${name} middle`;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
