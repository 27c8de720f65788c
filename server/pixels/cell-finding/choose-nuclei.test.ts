import { chooseNuclei } from './choose-nuclei.js';
import { DIRECTIONS, type Nucleus } from './nuclei.js';

/** Diameter of a red cell, in pixels. */
const UNIT = 20;
const RED_CELL = { diameter: UNIT, uncertainty: 1, count: 5, angle: 20, density: 0.5 };

function disc(x: number, y: number, diameter: number, isAtBorder = false): Nucleus {
  const area = (Math.PI / 4) * diameter ** 2;
  const reach = Float64Array.from({ length: DIRECTIONS }, (_, k) => {
    const angle = (2 * Math.PI * k) / DIRECTIONS;
    return x * Math.cos(angle) + y * Math.sin(angle) + diameter / 2;
  });
  return {
    pieces: [],
    area,
    sumX: x * area,
    sumY: y * area,
    reach,
    dye: 0.5,
    red: 1,
    thickness: diameter / 2,
    isAtBorder,
  };
}

const large = disc(50, 50, 32);
const choose = (...nuclei: Nucleus[]) => chooseNuclei(nuclei, { length: UNIT, redCells: RED_CELL }, 100);

describe('a small nucleus beside a much larger one', () => {
  it('is a fragment of the larger one if no straight gap separates them', () => {
    expect(choose(large, disc(68, 50, 14))).toEqual([large]);
  });

  it('is a nucleus if there is a gap', () => {
    expect(choose(large, disc(76, 50, 14))).toHaveLength(2);
  });

  it('is a nucleus if it is as large as those of small lymphocytes', () => {
    expect(choose(large, disc(68, 50, 18))).toHaveLength(2);
  });

  it('is a nucleus if the border of the picture cuts it', () => {
    expect(choose(large, disc(68, 50, 14, true))).toHaveLength(2);
  });

  it('is a nucleus if the other one is not much larger', () => {
    expect(choose(disc(50, 50, 18), disc(62, 50, 14))).toHaveLength(2);
  });
});
