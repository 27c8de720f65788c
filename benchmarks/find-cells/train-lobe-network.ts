// Trains the network that decides whether two parts of nuclei are of one cell, and writes server/pixels/cell-finding/lobe-weights.ts:
//   node scripts/run.mjs benchmarks/find-cells/train-lobe-network [--data ../shared/data] [--count 90]
// Pairs come from the first half of each set (by patient, or file): parts of nuclei in one box of `fields`; parts in the middle of
// single cells with lobed nuclei; and, for pairs of different cells, pictures composed of two touching cells. Parts are
// joined step by step as the finder does, so that joined parts are among the pairs. --count is the number of pictures of each folder.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { randomFrom, type Random } from '../../server/imaging/seeded-random.js';
import { findParts } from '../../server/pixels/cell-finding/find-parts.js';
import { Necks, pairFeatures } from '../../server/pixels/cell-finding/join-lobes.js';
import type { PairFeatures } from '../../server/pixels/cell-finding/lobe-network.js';
import { joined, type Nucleus } from '../../server/pixels/cell-finding/nuclei.js';
import { measureStain } from '../../server/pixels/cell-finding/stain.js';
import { shrink } from '../../server/pixels/cell-finding/working-image.js';
import { composeField, type CutOut, cutOut } from './compose.js';
import { decode, fieldBoxes, FIELDS, filesOf, type Picture, sampleOf, SINGLE_CELLS } from './image-sets.js';

const { values } = parseArgs({
  options: { data: { type: 'string', default: '../shared/data' }, count: { type: 'string', default: '90' } },
});

const HIDDEN_UNITS = 8;
const STEPS = 2000;
/** Penalty on the squared weights, relative to the summed loss. */
const DECAY = 2;
/** Pairs whose smaller part has this area, in red-cell areas, count in full; smaller ones less: a mistake there costs nothing. */
const FULL_WEIGHT_AREA = 0.3;
/** Pairs of whole fields count this often: there are few, and only they come from real fields. */
const FIELD_WEIGHT = 4;

interface Pair {
  readonly features: PairFeatures;
  readonly isOneCell: boolean;
  readonly weight: number;
}

const random = randomFrom('lobes', 1);
const pairs: Pair[] = [];
const cutOuts = new Map<string, CutOut[]>();
const keep = (set: string, found: CutOut[]) => cutOuts.set(set, [...(cutOuts.get(set) ?? []), ...found]);

const boxes = await fieldBoxes(values.data, 'WBC');
for (const file of await filesOf(values.data, FIELDS, 'tune')) {
  const picture = await decode(file);
  const inPicture = boxes.get(path.basename(file)) ?? [];
  collect(
    picture,
    (x, y) => {
      const hit = inPicture.flatMap((box, index) =>
        box.left <= x && x <= box.right && box.top <= y && y <= box.bottom ? [index + 1] : [],
      );
      return hit.length > 1 ? null : (hit[0] ?? 0);
    },
    FIELD_WEIGHT,
  );
  keep('fields', cutOut(picture));
}
for (const folder of SINGLE_CELLS) {
  for (const file of sampleOf(await filesOf(values.data, folder, 'tune'), Number(values.count), random)) {
    const picture = await decode(file);
    const { width, height } = picture;
    if (/neutrophil|eosinophil/.test(folder)) {
      collect(
        picture,
        (x, y, unit) => (Math.hypot(x - width / 2, y - height / 2) < 0.95 * unit ? 1 : null),
        1,
      );
    }
    const [only, ...others] = cutOut(picture);
    const isCentral = only && Math.hypot(only.centre.x - width / 2, only.centre.y - height / 2) < 0.2 * width;
    if (isCentral && others.length === 0) keep(folder.split('/')[0] ?? '', [only]);
  }
}
const sets = [...cutOuts.values()];
for (let composed = 0; composed < 8 * Number(values.count); composed++) {
  const set = sets[composed % sets.length] ?? [];
  const field = composeField(set, { count: 2, diameter: random.between(24, 56), touching: 1 }, random);
  collect(field, (x, y) => field.owners[Math.round(y) * field.width + Math.round(x)] || null, 1);
}
console.log(`${pairs.length} pairs, ${pairs.filter(({ isOneCell }) => isOneCell).length} of one cell`);

const validated = crossValidate(pairs);
console.log(`cross-validated: ${validated}`);
const network = train(pairs, random);
const rows = network.hidden.map(
  (weights) => `  [${weights.map((weight) => Number(weight.toPrecision(3))).join(', ')}],`,
);
await writeFile(
  'server/pixels/cell-finding/lobe-weights.ts',
  `// Written by benchmarks/find-cells/train-lobe-network.ts, which describes the data.

/** One row for each hidden unit: the weights of the nine features, of the constant, and of the unit's output. */
export const HIDDEN: readonly (readonly number[])[] = [
${rows.join('\n')}
];

/** The constant of the output. */
export const OUTPUT = ${Number(network.output.toPrecision(3))};
`,
);

/**
 * Adds the pairs of a picture. `cellAt` gives the cell at a position: its number from 1, 0 for something that is no cell, or `null` if
 * it is not known.
 */
function collect(
  picture: Picture,
  cellAt: (x: number, y: number, unit: number) => number | null,
  weight: number,
): void {
  const factor = Math.max(1, Math.round(Math.max(picture.width, picture.height) / 110));
  const stain = measureStain(shrink(picture.pixels, picture.width, picture.height, factor));
  const { parts, pieces, unit } = findParts(stain);
  const necks = new Necks(pieces.necks);
  const known = parts.flatMap((part) => {
    const position = (sum: number) => (sum / part.area + 0.5) * factor;
    const cell = cellAt(position(part.sumX), position(part.sumY), unit.length * factor);
    return cell === null ? [] : [{ part, cell }];
  });
  for (;;) {
    const together: [number, number][] = [];
    for (const [first, one] of known.entries()) {
      for (const [second, other] of known.slice(0, first).entries()) {
        const features = pairFeatures(one.part, other.part, necks, stain, unit.length);
        if (!features || (one.cell === 0 && other.cell === 0)) continue;
        const isOneCell = one.cell === other.cell;
        const area = Math.exp(features[1]);
        pairs.push({
          features,
          isOneCell,
          weight: weight * Math.max(0.1, Math.min(1, area / FULL_WEIGHT_AREA)),
        });
        if (isOneCell) together.push([first, second]);
      }
    }
    const next = together[random.below(Math.max(1, together.length))];
    if (!next) return;
    const [one, other] = [known[next[0]], known[next[1]]];
    if (!one || !other) return;
    known[next[1]] = { part: joined(other.part, one.part) satisfies Nucleus, cell: other.cell };
    known.splice(next[0], 1);
  }
}

interface Network {
  hidden: number[][];
  output: number;
}

/** Minimises the weighted log loss with Adam over all pairs, both classes of equal weight, on standardised features. */
function train(examples: readonly Pair[], random: Random): Network {
  const inputs = 9;
  const mean = Array.from({ length: inputs }, (_, at) =>
    average(examples.map(({ features }) => features[at] ?? 0)),
  );
  const deviation = mean.map((middle, at) =>
    Math.sqrt(average(examples.map(({ features }) => ((features[at] ?? 0) - middle) ** 2)) + 1e-9),
  );
  const standard = examples.map(({ features }) => [
    ...features.map((value, at) => (value - (mean[at] ?? 0)) / (deviation[at] ?? 1)),
    1,
  ]);
  const total = (isOneCell: boolean) =>
    examples.reduce((sum, pair) => sum + (pair.isOneCell === isOneCell ? pair.weight : 0), 0);
  const [together, apart] = [total(true), total(false)];
  const weights = examples.map(
    (pair) => (pair.weight * examples.length) / 2 / (pair.isOneCell ? together : apart),
  );

  const row = inputs + 2; // inputs, constant, output weight
  const size = HIDDEN_UNITS * row + 1;
  const parameters = Float64Array.from({ length: size }, () => random.between(-0.5, 0.5));
  const [first, second] = [new Float64Array(size), new Float64Array(size)];
  const activations = new Float64Array(HIDDEN_UNITS);
  for (let step = 1; step <= STEPS; step++) {
    const gradient = new Float64Array(size);
    for (const [example, input] of standard.entries()) {
      let score = parameters[size - 1] ?? 0;
      for (let unit = 0; unit < HIDDEN_UNITS; unit++) {
        let sum = 0;
        for (let at = 0; at <= inputs; at++) sum += (input[at] ?? 0) * (parameters[unit * row + at] ?? 0);
        activations[unit] = Math.tanh(sum);
        score += (activations[unit] ?? 0) * (parameters[unit * row + inputs + 1] ?? 0);
      }
      const error =
        (weights[example] ?? 0) * (1 / (1 + Math.exp(-score)) - Number(examples[example]?.isOneCell));
      gradient[size - 1] = (gradient[size - 1] ?? 0) + error;
      for (let unit = 0; unit < HIDDEN_UNITS; unit++) {
        const activation = activations[unit] ?? 0;
        const outgoing = unit * row + inputs + 1;
        gradient[outgoing] = (gradient[outgoing] ?? 0) + error * activation;
        const back = error * (parameters[outgoing] ?? 0) * (1 - activation ** 2);
        for (let at = 0; at <= inputs; at++) {
          gradient[unit * row + at] = (gradient[unit * row + at] ?? 0) + back * (input[at] ?? 0);
        }
      }
    }
    const rate = 0.02 * (1 - step / (STEPS + 1));
    for (let at = 0; at < size; at++) {
      const isConstant = at === size - 1 || at % row === inputs;
      const slope =
        ((gradient[at] ?? 0) + (isConstant ? 0 : DECAY * (parameters[at] ?? 0))) / examples.length;
      first[at] = 0.9 * (first[at] ?? 0) + 0.1 * slope;
      second[at] = 0.999 * (second[at] ?? 0) + 0.001 * slope ** 2;
      const unbiased = (first[at] ?? 0) / (1 - 0.9 ** step);
      parameters[at] =
        (parameters[at] ?? 0) -
        (rate * unbiased) / (Math.sqrt((second[at] ?? 0) / (1 - 0.999 ** step)) + 1e-8);
    }
  }
  const hidden = Array.from({ length: HIDDEN_UNITS }, (_, unit) => {
    const own = Array.from(parameters.subarray(unit * row, (unit + 1) * row));
    const scaled = own.slice(0, inputs).map((weight, at) => weight / (deviation[at] ?? 1));
    const constant =
      (own[inputs] ?? 0) - scaled.reduce((sum, weight, at) => sum + weight * (mean[at] ?? 0), 0);
    return [...scaled, constant, own[inputs + 1] ?? 0];
  });
  return { hidden, output: parameters[size - 1] ?? 0 };
}

function scoreOf({ hidden, output }: Network, features: PairFeatures): number {
  return hidden.reduce((sum, weights) => {
    const input = features.reduce(
      (total, feature, at) => total + feature * (weights[at] ?? 0),
      weights[9] ?? 0,
    );
    return sum + Math.tanh(input) * (weights[10] ?? 0);
  }, output);
}

/** The weighted parts of pairs of one cell and of two cells that are decided wrongly by networks that did not see them, in fourths. */
function crossValidate(examples: readonly Pair[]): string {
  const wrong = { one: 0, two: 0 };
  const all = { one: 0, two: 0 };
  for (let fold = 0; fold < 4; fold++) {
    const isHeldOut = (index: number) => Math.floor((4 * index) / examples.length) === fold;
    const network = train(
      examples.filter((_, index) => !isHeldOut(index)),
      randomFrom('fold', fold),
    );
    for (const pair of examples.filter((_, index) => isHeldOut(index))) {
      const kind = pair.isOneCell ? 'one' : 'two';
      all[kind] += pair.weight;
      if (scoreOf(network, pair.features) > 0 !== pair.isOneCell) wrong[kind] += pair.weight;
    }
  }
  const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`;
  return `${percent(wrong.one, all.one)} of pairs of one cell and ${percent(wrong.two, all.two)} of pairs of two cells are wrong`;
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
