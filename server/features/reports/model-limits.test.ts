import { constantCellTypes, randomArtifact } from '../../artifact/testing.js';
import { limitsOf } from './model-limits.js';

const { manifest } = randomArtifact();

/** The limits of a version that learned these types, and names them or not. */
function limitsWith(types: Record<string, boolean>): string[] {
  const cellTypes = constantCellTypes(Object.fromEntries(Object.keys(types).map((name) => [name, 1])));
  const thresholds = Object.values(types).map((isNamed) => (isNamed ? 0.5 : null));
  return limitsOf({ ...manifest, cellTypes: { ...cellTypes, thresholds } }, false);
}

test('the normal promyelocyte is not the abnormal one, and a type that is never named is not known', () => {
  const unknown = 'which can count as blasts.';
  expect(limitsWith({ promyelocyte: true, promonocyte: true })).toContain(
    `It does not know abnormal promyelocytes, ${unknown}`,
  );
  expect(limitsWith({ abnormal_promyelocyte: true, promonocyte: false })).toContain(
    `It does not know promonocytes, ${unknown}`,
  );
  const both = limitsWith({ promyelocyte_abnormal: true, promonocyte: true });
  expect(both.filter((text) => text.includes(unknown))).toEqual([]);
  expect(limitsOf({ ...manifest, cellTypes: undefined }, false)).toContain(
    `It does not know promonocytes and abnormal promyelocytes, ${unknown}`,
  );
});

test('it says which cell types a version names', () => {
  expect(limitsWith({ blast: true, neutrophil_seg: true, monocyte: false })).toContain(
    'It names only the cell types blast, segmented neutrophil, and never monocyte.',
  );
  expect(limitsWith({ blast: false, monocyte: false })).toContain(
    'It never names the cell types that it learned: blast, monocyte.',
  );
});

test('the figures of a fit are those of the version before it', () => {
  const measured = (fit?: object) =>
    limitsOf({ ...manifest, fit }, false).find((text) => text.includes(' cells')) ?? '';
  expect(measured()).toMatch(/^Measured on \d+ cells.*The figures do not cover other stains and scanners\.$/);
  expect(measured({})).toMatch(
    /^Before its decision rules were fitted to local cells, it was measured on \d+ cells/,
  );
});
