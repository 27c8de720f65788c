import { randomFrom } from '../../server/imaging/seeded-random.js';
import { TrainingDataError } from '../training-data-error.js';
import { foldItems, type SplitItem, splitItems } from './split.js';

const options = { seed: 1, validationShare: 0.2, testShare: 0.15 };

/** 40 patients of very different size and mixture. */
function manyPatients(): SplitItem[] {
  const random = randomFrom('patients');
  return Array.from({ length: 40 }, (_, patient) => {
    const size = 5 + random.below(80);
    const share = random.next() ** 2;
    return Array.from({ length: size }, (_, index) => ({
      label: random.next() < share ? 'blast' : 'normal',
      group: `patient ${patient}`,
      split: null,
      imageSha256: `${patient}-${index}`,
    }));
  }).flat();
}

describe('splitItems', () => {
  it('puts no patient into two splits and gives each split its share of either label', () => {
    const items = manyPatients();
    const chosen = splitItems(items, options);
    const splitsOf = new Map<string | null, Set<string>>();
    items.forEach(({ group }, index) => {
      splitsOf.set(group, (splitsOf.get(group) ?? new Set()).add(chosen[index] ?? ''));
    });
    expect([...splitsOf.values()].every((splits) => splits.size === 1)).toBe(true);

    for (const label of ['blast', 'normal']) {
      const all = items.filter((item) => item.label === label).length;
      const share = (split: string) =>
        items.filter((item, index) => item.label === label && chosen[index] === split).length / all;
      expect(Math.abs(share('validation') - 0.2)).toBeLessThan(0.03);
      expect(Math.abs(share('test') - 0.15)).toBeLessThan(0.03);
    }
  });

  it('depends on the seed', () => {
    const items = manyPatients();
    expect(splitItems(items, options)).toEqual(splitItems(items, options));
    expect(splitItems(items, options)).not.toEqual(splitItems(items, { ...options, seed: 2 }));
  });

  it('keeps patients together who share an image, and images of the same content without a patient', () => {
    const shared = manyPatients().map((item) =>
      ['patient 1', 'patient 2', 'patient 3'].includes(item.group ?? '') && item.imageSha256.endsWith('-0')
        ? { ...item, imageSha256: 'the same' }
        : item,
    );
    const twins = Array.from({ length: 60 }, (_, index) => ({
      label: index % 2 === 0 ? 'blast' : 'normal',
      group: null,
      split: null,
      imageSha256: `twin ${index % 30}`,
    }));
    const items = [...shared, ...twins];
    const chosen = splitItems(items, options);
    const splitOf = (wanted: (item: SplitItem) => boolean) =>
      new Set(chosen.filter((_, index) => items[index] && wanted(items[index])));
    expect(splitOf(({ group }) => /^patient [123]$/.test(group ?? '')).size).toBe(1);
    for (let twin = 0; twin < 30; twin++) {
      expect(splitOf(({ imageSha256 }) => imageSha256 === `twin ${twin}`).size).toBe(1);
    }
    expect(splitOf(({ group }) => group === null).size).toBe(3);
  });

  it('makes no test split if its share is 0', () => {
    expect(splitItems(manyPatients(), { ...options, testShare: 0 })).not.toContain('test');
  });

  it('reports what is missing if the groups do not allow a split with both labels', () => {
    const one = (label: string, group: string, index: number): SplitItem => ({
      label,
      group,
      split: null,
      imageSha256: `${group}-${index}`,
    });
    const items = Array.from({ length: 30 }, (_, index) =>
      one(index < 15 ? 'blast' : 'normal', 'the only one', index),
    );
    expect(() => splitItems(items, options)).toThrow(TrainingDataError);
    expect(() => splitItems(items, options)).toThrow(
      /validation split would have no image of 'blast', 'normal'.*1 groups/s,
    );
  });

  describe('with given splits', () => {
    const given = (label: string, group: string, split: string | null): SplitItem => ({
      label,
      group,
      split,
      imageSha256: `${label}-${group}`,
    });
    const complete = [
      given('blast', 'a', 'train'),
      given('normal', 'b', 'train'),
      given('blast', 'c', 'validation'),
      given('normal', 'c', 'validation'),
    ];

    it('keeps them', () => {
      expect(splitItems(complete, options)).toEqual(['train', 'train', 'validation', 'validation']);
    });

    it.each([
      ['an incomplete list', given('normal', 'd', null), /1 of 5 images have no split/],
      ['an unknown split', given('normal', 'd', 'holdout'), /'holdout' is none of: train, validation, test/],
      ['a patient in two', given('normal', 'a', 'validation'), /group \(patient\) 'a' is in two splits/],
      [
        'a test split of one label',
        given('normal', 'd', 'test'),
        /test split would have no image of 'blast'/,
      ],
    ])('refuses %s', (_, item, message) => {
      expect(() => splitItems([...complete, item], options)).toThrow(message);
    });
  });
});

describe('foldItems', () => {
  it('assigns whole patients to parts of the same mixture, and ignores given splits', () => {
    const items = manyPatients().map((item) => ({ ...item, split: 'train' }));
    const foldOf = foldItems(items, 4, 1);
    const foldsOf = new Map<string | null, Set<number>>();
    items.forEach(({ group }, index) => {
      foldsOf.set(group, (foldsOf.get(group) ?? new Set()).add(foldOf[index] ?? -1));
    });
    expect([...foldsOf.values()].every((folds) => folds.size === 1)).toBe(true);
    for (const label of ['blast', 'normal']) {
      const all = items.filter((item) => item.label === label).length;
      for (let fold = 0; fold < 4; fold++) {
        const own = items.filter((item, index) => item.label === label && foldOf[index] === fold).length;
        expect(Math.abs(own / all - 0.25)).toBeLessThan(0.04);
      }
    }
    expect(foldItems(items, 4, 1)).toEqual(foldOf);
    expect(foldItems(items, 4, 2)).not.toEqual(foldOf);
  });

  it('refuses folds that would lack a label', () => {
    const items = ['a', 'b', 'c'].map((group, index) => ({
      label: index === 0 ? 'blast' : 'normal',
      group,
      split: null,
      imageSha256: group,
    }));
    expect(() => foldItems(items, 2, 1)).toThrow(/too few groups \(patients\) for 2 folds/);
  });
});
