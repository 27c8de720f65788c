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

test('nothing is predicted of rows that were learned from: many columns of noise fit few rows, and tell nothing', () => {
  const { auc, chance } = predict(rows(60, () => Array.from({ length: 20 }, normal)));
  expect(auc).toBeLessThan(0.7);
  expect(chance[1]).toBeLessThan(0.8);
});

test('a shift of one standard deviation gives the AUC that the formula does, Φ(1/√2) = 0.760', () => {
  const { auc, p, byGroup } = predict(rows(2000, (label) => [normal() + (label === 'a' ? 1 : 0), normal()]));
  expect(auc).toBeCloseTo(0.76, 1);
  expect(p).toBe(0.005);
  expect(byGroup).toBe(false);
});

test('one label of seven is found, though the others cannot be told', () => {
  const labels = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const { label, auc, labelCount } = predict(
    rows(420, (name) => [normal() + (name === 'c' ? 4 : 0)], labels),
  );
  expect(label).toBe('c');
  expect(auc).toBeGreaterThan(0.95);
  expect(labelCount).toBe(7);
});

test('a label that lies between the others is found too', () => {
  expect(
    predict(rows(300, (label) => [label === 'a' ? normal() / 4 : Math.sign(normal()) * 3])).auc,
  ).toBeGreaterThan(0.95);
});

/** Patients of one label each, every one with a value of its own on all images. */
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

test('what tells patients apart is no shortcut: nobody is both learned from and predicted', () => {
  const grouped = patients(14, 30, 0);
  const { p, byGroup, chance } = predict(grouped);
  expect(byGroup).toBe(true);
  expect(p).toBeGreaterThan(0.02);
  expect(chance[1]).toBeGreaterThan(0.7); // with seven patients a label, chance reaches far
  expect(predict(patients(40, 10, 4))).toMatchObject({ p: 0.005, byGroup: true });
});

test('with fewer patients a label than folds, images are held out instead', () => {
  expect(predict(patients(4, 20, 0)).byGroup).toBe(false);
});

test('too few images are not judged', () => {
  const few = rows(12, () => [normal()]);
  expect(predictLabel({ rowCount: 12, columnCount: 1, values: new Float64Array(12) }, few)).toBeNull();
});

test('features that are all the same tell nothing', () => {
  expect(predict(rows(60, () => [1, 2])).auc).toBe(0.5);
});
