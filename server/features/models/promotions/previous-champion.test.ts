import { type ChampionChange, previousChampions } from './previous-champion.js';

const promoted = (toVersionId: string): ChampionChange => ({ kind: 'PROMOTION', toVersionId });
const rolledBackTo = (toVersionId: string): ChampionChange => ({ kind: 'ROLLBACK', toVersionId });
const retired: ChampionChange = { kind: 'RETIREMENT', toVersionId: null };

test('the first champion has no predecessor', () => {
  expect(previousChampions([])).toEqual([]);
  expect(previousChampions([promoted('a')])).toEqual([]);
});

test('a rollback undoes a promotion, so two rollbacks go back two promotions', () => {
  const history = [promoted('a'), promoted('b'), promoted('c')];
  expect(previousChampions(history)).toEqual(['b', 'a']);
  history.push(rolledBackTo('b'));
  expect(previousChampions(history)).toEqual(['a']);
  history.push(rolledBackTo('a'));
  expect(previousChampions(history)).toEqual([]);
});

test('a rollback that skips a version undoes both promotions', () => {
  const history = [promoted('a'), promoted('b'), promoted('c'), promoted('d'), rolledBackTo('b')];
  expect(previousChampions(history)).toEqual(['a']);
});

test('the predecessor of a promotion after a rollback is the version that was rolled back to', () => {
  expect(previousChampions([promoted('a'), promoted('b'), rolledBackTo('a'), promoted('c')])).toEqual(['a']);
});

test('the predecessor of a version that is promoted again is the version in between', () => {
  expect(previousChampions([promoted('a'), promoted('b'), promoted('a')])).toEqual(['b', 'a']);
});

test('after a retirement, the first is the retired version', () => {
  expect(previousChampions([promoted('a'), promoted('b'), retired])).toEqual(['b', 'a']);
  expect(previousChampions([promoted('a'), promoted('b'), retired, rolledBackTo('b')])).toEqual(['a']);
  expect(previousChampions([promoted('a'), promoted('b'), retired, rolledBackTo('a')])).toEqual([]);
});

test('a version that was retired and promoted again is not its own predecessor', () => {
  expect(previousChampions([promoted('a'), retired, promoted('a')])).toEqual([]);
  expect(previousChampions([promoted('a'), promoted('b'), retired, promoted('b')])).toEqual(['a']);
});
