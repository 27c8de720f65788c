import { type ChampionChange, previousChampion } from './previous-champion.js';

const promoted = (toVersionId: string): ChampionChange => ({ kind: 'PROMOTION', toVersionId });
const rolledBackTo = (toVersionId: string): ChampionChange => ({ kind: 'ROLLBACK', toVersionId });

test('the first champion has nobody before it', () => {
  expect(previousChampion([])).toBeNull();
  expect(previousChampion([promoted('a')])).toBeNull();
});

test('a rollback undoes a promotion, so that two of them go two promotions back', () => {
  const history = [promoted('a'), promoted('b'), promoted('c')];
  expect(previousChampion(history)).toBe('b');
  history.push(rolledBackTo('b'));
  expect(previousChampion(history)).toBe('a');
  history.push(rolledBackTo('a'));
  expect(previousChampion(history)).toBeNull();
});

test('a promotion after a rollback goes back to where the rollback went', () => {
  expect(previousChampion([promoted('a'), promoted('b'), rolledBackTo('a'), promoted('c')])).toBe('a');
});

test('a version that is promoted again goes back to the one between', () => {
  expect(previousChampion([promoted('a'), promoted('b'), promoted('a')])).toBe('b');
});

test('a version that was retired and promoted again is not before itself', () => {
  const retired: ChampionChange = { kind: 'RETIREMENT', toVersionId: null };
  expect(previousChampion([promoted('a'), retired, promoted('a')])).toBeNull();
  expect(previousChampion([promoted('a'), promoted('b'), retired, promoted('b')])).toBe('a');
});
