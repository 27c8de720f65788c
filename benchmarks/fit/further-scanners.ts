import type { SimulatedScanner } from '../../training/dataset/simulated-scanners.js';
import { asItIs } from '../../training/dataset/variant.js';

/**
 * Scanners that no version is trained or calibrated on: each differs from the unchanged images in a direction, or in a combination of
 * directions, that `SIMULATED_SCANNERS` does not have. Training images vary randomly in stain, tone, light and focus, so some of these
 * differences are within, and some beyond, what a network has seen.
 */
export const FURTHER_SCANNERS: readonly SimulatedScanner[] = [
  // In the green channel the nuclei of Munich are almost black (docs/reference-model.md).
  { name: 'dark green channel', variant: { ...asItIs, stain: [1.05, 0, 0, 0, 1.8, 0, 0, 0, 0.75] } },
  // In the blue channel the nuclei of BCCD are as bright as the slide.
  { name: 'bright blue channel', variant: { ...asItIs, tone: [0.9, 0.95, 0.35] } },
  { name: 'blue stain', variant: { ...asItIs, stain: [1.4, 0, 0, 0, 0.9, 0, 0, 0, 1.3] } },
  // Each colour filter also lets light of its neighbours pass.
  {
    name: 'broad colour filters',
    variant: { ...asItIs, stain: [0.75, 0.25, 0, 0.15, 0.7, 0.15, 0, 0.3, 0.7] },
  },
  {
    name: 'pale, out of focus, smaller',
    variant: { ...asItIs, stain: [0.7, 0, 0, 0, 0.7, 0, 0, 0, 0.7], sharpness: -1, zoom: 1 / 1.12 },
  },
  { name: 'sharpened by the camera', variant: { ...asItIs, sharpness: 1.8, contrast: 1.12 } },
  {
    name: 'green lamp, strong stain',
    variant: { ...asItIs, light: [0.82, 1, 0.9], stain: [1.3, 0, 0, 0, 1.3, 0, 0, 0, 1.3] },
  },
  { name: 'stray light, larger', variant: { ...asItIs, tone: [0.75, 0.65, 0.75], zoom: 1.12 } },
];
