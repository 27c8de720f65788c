import type { EvidenceMap } from './evidence-map.js';

// Dark on a bright smear, and distinguishable with any colour vision (Okabe & Ito 2008: vermillion, blue).
const FOR_POSITIVE = [213, 94, 0] as const;
const AGAINST_POSITIVE = [0, 114, 178] as const;
const STRONGEST_OPACITY = 200;

/**
 * The colours of an evidence map, RGBA `[height, width, 4]`: vermillion for evidence for the positive label, blue for evidence
 * against it. The stronger the evidence, the more opaque, relative to the strongest cell of the map.
 */
export function colourEvidence({ values }: EvidenceMap): Uint8Array {
  const strongest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const colours = new Uint8Array(values.length * 4);
  values.forEach((value, cell) => {
    colours.set(value > 0 ? FOR_POSITIVE : AGAINST_POSITIVE, 4 * cell);
    colours[4 * cell + 3] = Math.round((STRONGEST_OPACITY * Math.abs(value)) / strongest);
  });
  return colours;
}
