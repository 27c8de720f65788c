import { randomFrom } from '../../server/imaging/seeded-random.js';
import type { SplitItem } from '../dataset/split.js';
import { namedSplits, planMembers } from './plan-members.js';
import { TrainingDataError } from '../training-data-error.js';

const parameters = { members: 4, validationShare: 0.15, testShare: 0.15 };

/** 60 patients of very different size and mixture, some of whom share an image. */
const items: SplitItem[] = Array.from({ length: 60 }, (_, patient) => {
  const random = randomFrom('patient', patient);
  const share = random.next();
  return Array.from({ length: 5 + random.below(40) }, (_, index) => ({
    label: random.next() < share ? 'blast' : 'normal',
    group: `patient ${patient}`,
    split: null,
    imageSha256: index === 0 ? `shared ${patient % 50}` : `${patient}-${index}`,
  }));
}).flat();
const everything = items.map((_, index) => index);
const inOrder = (indices: readonly number[]) => [...indices].sort((a, b) => a - b);

describe('planMembers', () => {
  const { members, test } = planMembers(items, parameters, 1);

  it('holds out every image outside the test split from exactly one member', () => {
    expect(members).toHaveLength(4);
    expect(test.length).toBeGreaterThan(0);
    expect(inOrder([...members.flatMap(({ heldOut }) => heldOut), ...test])).toEqual(everything);
    for (const { train, heldOut } of members) {
      expect(inOrder([...train, ...heldOut, ...test])).toEqual(everything);
    }
  });

  it('never validates or tests a member on a patient or an image that it was trained on', () => {
    const traits = (indices: readonly number[]) =>
      new Set(indices.flatMap((index) => [items[index]?.group ?? '', items[index]?.imageSha256 ?? '']));
    for (const { train, heldOut } of members) {
      const seen = traits(train);
      expect([...traits(heldOut)].filter((trait) => seen.has(trait))).toEqual([]);
      expect([...traits(test)].filter((trait) => seen.has(trait))).toEqual([]);
    }
  });

  it('tests on the same patients for any number of members', () => {
    const alone = planMembers(items, { ...parameters, members: 1 }, 1);
    expect(alone.test).toEqual(test);
    expect(alone.members).toHaveLength(1);
    expect(planMembers(items, { ...parameters, testShare: 0 }, 1).test).toEqual([]);
  });

  it('keeps a test split that the snapshot gives', () => {
    const given = items.map((item) => {
      const number = Number(item.group?.split(' ')[1]) % 50;
      return { ...item, split: number < 5 ? 'test' : number < 10 ? 'validation' : 'train' };
    });
    const plan = planMembers(given, parameters, 1);
    expect(plan.test).toEqual(everything.filter((index) => given[index]?.split === 'test'));
    expect(inOrder(plan.members.flatMap(({ heldOut }) => heldOut))).toEqual(
      everything.filter((index) => given[index]?.split !== 'test'),
    );
  });

  it('throws if there are too few patients', () => {
    const few = items.filter(({ group }) => Number(group?.split(' ')[1]) < 6);
    expect(() => planMembers(few, { ...parameters, members: 8 }, 1)).toThrow(TrainingDataError);
  });
});

describe('namedSplits', () => {
  it('puts every item into one split, of one member and of several', () => {
    const plans = [planMembers(items, { ...parameters, members: 1 }, 1), planMembers(items, parameters, 1)];
    const named = plans.map(namedSplits);
    expect(named.map((splits) => Object.keys(splits))).toEqual([
      ['train', 'validation', 'test'],
      ['fold 1', 'fold 2', 'fold 3', 'fold 4', 'test'],
    ]);
    for (const splits of named) expect(inOrder(Object.values(splits).flat())).toEqual(everything);
  });
});
