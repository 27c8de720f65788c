import type { SnapshotItem } from '../datasets/snapshot-items.js';
import { combineWithBase } from './combine-with-base.js';
import type { ReviewedCell } from './reviewed-cells.js';

const item = (imageSha256: string, group: string, split: string): SnapshotItem => ({
  ...{ key: imageSha256, label: 'blast', imageSha256, group, split },
});
const cell = (imageSha256: string, caseReference: string): ReviewedCell => ({
  ...{ predictionId: imageSha256, label: 'blast', imageSha256, frame: [], caseReference },
  ...{ predictionIds: [imageSha256], caseReferences: [caseReference], reviewIds: [], origins: [] },
  ...{ classLists: [], isDisputed: false },
});

test('a case joins the group of the base with its name, or else with one of its images', () => {
  const base = [item('a', 'P12', 'test'), item('b', 'patient 7', 'train')];
  const cells = [cell('new', 'P12'), cell('b', 'P13'), cell('other', 'P14')];
  const { groupOfCase, splitOfGroup } = combineWithBase(base, cells);
  expect([...groupOfCase]).toEqual([
    ['P12', 'P12'],
    ['P13', 'patient 7'],
  ]);
  expect(splitOfGroup.get('P12')).toBe('test');
});
