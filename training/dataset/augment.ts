import type { Random } from '../../server/imaging/seeded-random.js';
import type { ColourMatrix, Variant } from './variant.js';

/** The largest changes of a training image. They do not depend on the label, and keep the cell recognisable. */
export interface Augmentation {
  /** Largest shift, as a part of the image's side. */
  shift: number;
  /** Largest change of scale, as a factor: 1.25 means from 0.8 to 1.25. Microscopes and crops differ in it. */
  scale: number;
  /**
   * Largest change of the stain, as a part of the optical densities: of each channel's strength; half of it, of the
   * strength of all; a quarter of it, of what one channel takes from another (the hue).
   */
  stain: number;
  /**
   * Largest change of the camera's tone curve, as a factor of how much darker than the slide things are: its square root for all
   * channels together, and the factor for each channel. 1 leaves it as it is.
   */
  tone: number;
  /** Largest change of each channel's white, as a part of it: what white balance leaves. */
  light: number;
  /** Largest change of contrast, and twice that of brightness, as a part of the range. */
  illumination: number;
  /** Largest sharpening, 0–1. */
  sharpness: number;
  /** Largest blurring: how often each pixel becomes the mean of the 3 × 3 pixels around it. Half of the images get less than a quarter. */
  blur: number;
}

/**
 * Draws the variant of a training image: a flip and quarter turn, a shift and change of scale, a change of the stain's
 * strength and hue on optical densities (Tellez et al. 2019, arXiv 1902.06543), of illumination and of focus.
 */
export function drawVariant(settings: Augmentation, random: Random): Variant {
  const { scale, shift, stain, tone, light, illumination } = settings;
  const within = (largest: number) => largest * random.between(-1, 1);
  return {
    turn: random.below(8),
    zoom: scale ** random.between(-1, 1),
    shift: [within(shift), within(shift)],
    stain: drawStain(stain, random),
    tone: drawTone(tone, random),
    light: [1 + within(light), 1 + within(light), 1 + within(light)],
    contrast: 1 + within(illumination),
    brightness: within(illumination / 2),
    sharpness: drawSharpness(settings, random),
  };
}

function drawSharpness({ sharpness, blur }: Augmentation, random: Random): number {
  const amount = random.between(-1, 1);
  return amount > 0 ? sharpness * amount : -blur * amount ** 2;
}

function drawTone(tone: number, random: Random): Variant['tone'] {
  const all = tone ** random.between(-0.5, 0.5);
  const own = () => all * tone ** random.between(-1, 1);
  return [own(), own(), own()];
}

function drawStain(stain: number, random: Random): ColourMatrix {
  const strength = (1 + stain / 2) ** random.between(-1, 1);
  const own = () => strength * (1 + stain * random.between(-1, 1));
  const other = () => ((strength * stain) / 4) * random.between(-1, 1);
  return [own(), other(), other(), other(), own(), other(), other(), other(), own()];
}
