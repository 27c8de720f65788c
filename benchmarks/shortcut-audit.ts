// Findings of the shortcut audit as a shortcut gets stronger, with their confidence and the time that the audit takes:
//   node scripts/run.mjs benchmarks/shortcut-audit [COUNT]     procedural cells, of 12 patients (default: 600)
// The blasts are photographed under an increasingly warm lamp. See docs/shortcut-audit.md.
import {
  labelInColour,
  shortcutInBorder,
  shortcutInCorners,
  shortcutInFileProperties,
} from '../server/features/datasets/validation/check-shortcuts.js';
import { snapshotOf, tintBlasts } from '../server/features/datasets/validation/testing.js';
import { type DemoCell, drawDemoCells } from '../server/imaging/demo-cells.js';

const TINTS = [0, 0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12];
const CHECKS = [shortcutInCorners, shortcutInBorder, shortcutInFileProperties, labelInColour];

const count = Number(process.argv[2] ?? 600);
const cells: DemoCell[] = [];
for await (const cell of drawDemoCells({ count, seed: 1, size: 96 })) cells.push(cell);

console.log(`${count} cells; AUC and severity of each check`);
console.log('tint    corners        border         files          whole image    seconds');
for (const tint of TINTS) {
  const items = await tintBlasts(cells, tint);
  const begun = performance.now();
  const findings = CHECKS.flatMap((check) => check(snapshotOf(items)));
  const seconds = (performance.now() - begun) / 1000;
  const columns = findings.map(({ statistic = NaN, severity }) =>
    `${statistic.toFixed(3)} ${severity}`.padEnd(15),
  );
  console.log(`${(100 * tint).toFixed(1).padStart(4)} %  ${columns.join('')}${seconds.toFixed(2)}`);
}
