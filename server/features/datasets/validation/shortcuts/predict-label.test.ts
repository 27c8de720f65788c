import { randomFrom } from '../../../../imaging/seeded-random.js';
import { predictLabel } from './predict-label.js';

interface Row {
  label: string;
  group: string | null;
  values: number[];
}

function predict(rows: Row[]) {
  const columnCount = rows[0]?.values.length ?? 0;
  const values = Float64Array.from(rows.flatMap((row) => row.values));
  const prediction = predictLabel({ rowCount: rows.length, columnCount, values }, rows);
  if (!prediction) throw new Error('not predicted');
  return prediction;
}

const random = randomFrom('predict');
const normal = () => Array.from({ length: 12 }, () => random.next()).reduce((sum, value) => sum + value, -6);
const rows = (count: number, valuesOf: (label: string) => number[], labels = ['a', 'b']) =>
  Array.from({ length: count }, (_, index): Row => {
    const label = labels[index % labels.length] ?? '';
    return { label, group: null, values: valuesOf(label) };
  });

test('noise predicts nothing', () => {
  const { auc, p, chance } = predict(rows(200, () => [normal(), normal(), 7]));
  expect(p).toBeGreaterThan(0.02);
  expect(auc).toBeLessThan(0.62);
  expect(chance[0]).toBeGreaterThan(0.35);
  expect(chance[1]).toBeLessThan(0.65);
});

test('predicts only held-out rows: many columns of noise can fit few rows, but predict nothing', () => {
  const { auc, chance } = predict(rows(60, () => Array.from({ length: 20 }, normal)));
  expect(auc).toBeLessThan(0.7);
  expect(chance[1]).toBeLessThan(0.8);
});

test('a shift of one standard deviation gives the theoretical AUC, Φ(1/√2) = 0.760', () => {
  const { auc, p, byGroup } = predict(rows(1000, (label) => [normal() + (label === 'a' ? 1 : 0), normal()]));
  expect(auc).toBeCloseTo(0.76, 1);
  expect(p).toBe(0.005);
  expect(byGroup).toBe(false);
});

test('finds the one predictable label of seven', () => {
  const labels = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const { label, auc, labelCount } = predict(
    rows(420, (name) => [normal() + (name === 'c' ? 4 : 0)], labels),
  );
  expect(label).toBe('c');
  expect(auc).toBeGreaterThan(0.95);
  expect(labelCount).toBe(7);
});

test('finds a label whose values lie between those of the others', () => {
  expect(
    predict(rows(300, (label) => [label === 'a' ? normal() / 4 : Math.sign(normal()) * 3])).auc,
  ).toBeGreaterThan(0.95);
});

/** Patients of one label each, each with one value that all their images share. */
const patients = (count: number, images: number, shift: number) =>
  Array.from({ length: count }, (_, patient) => {
    const label = patient % 2 ? 'a' : 'b';
    const own = normal() + (label === 'a' ? shift : 0);
    return Array.from({ length: images }, (): Row => ({
      label,
      group: `P${patient}`,
      values: [own + normal() / 10],
    }));
  }).flat();

test('a feature that only identifies patients is not a shortcut, because folds are split by patient', () => {
  const grouped = patients(14, 15, 0);
  const { p, byGroup, chance } = predict(grouped);
  expect(byGroup).toBe(true);
  expect(p).toBeGreaterThan(0.02);
  expect(chance[1]).toBeGreaterThan(0.7); // with seven patients per label, chance alone gives high AUCs
  expect(predict(patients(40, 5, 4))).toMatchObject({ p: 0.005, byGroup: true });
});

test('with fewer patients per label than folds, splits by image instead', () => {
  expect(predict(patients(4, 20, 0)).byGroup).toBe(false);
});

test('returns null for too few images', () => {
  const few = rows(12, () => [normal()]);
  expect(predictLabel({ rowCount: 12, columnCount: 1, values: new Float64Array(12) }, few)).toBeNull();
});

test('constant features predict nothing', () => {
  expect(predict(rows(60, () => [1, 2])).auc).toBe(0.5);
});
