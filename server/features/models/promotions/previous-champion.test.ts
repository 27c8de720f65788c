import { type ChampionChange, previousChampion } from './previous-champion.js';

const promoted = (toVersionId: string): ChampionChange => ({ kind: 'PROMOTION', toVersionId });
const rolledBackTo = (toVersionId: string): ChampionChange => ({ kind: 'ROLLBACK', toVersionId });

test('the first champion has no predecessor', () => {
  expect(previousChampion([])).toBeNull();
  expect(previousChampion([promoted('a')])).toBeNull();
});

test('a rollback undoes a promotion, so two rollbacks go back two promotions', () => {
  const history = [promoted('a'), promoted('b'), promoted('c')];
  expect(previousChampion(history)).toBe('b');
  history.push(rolledBackTo('b'));
  expect(previousChampion(history)).toBe('a');
  history.push(rolledBackTo('a'));
  expect(previousChampion(history)).toBeNull();
});

test('the predecessor of a promotion after a rollback is the version that was rolled back to', () => {
  expect(previousChampion([promoted('a'), promoted('b'), rolledBackTo('a'), promoted('c')])).toBe('a');
});

test('the predecessor of a version that is promoted again is the version in between', () => {
  expect(previousChampion([promoted('a'), promoted('b'), promoted('a')])).toBe('b');
});

test('a version that was retired and promoted again is not its own predecessor', () => {
  const retired: ChampionChange = { kind: 'RETIREMENT', toVersionId: null };
  expect(previousChampion([promoted('a'), retired, promoted('a')])).toBeNull();
  expect(previousChampion([promoted('a'), promoted('b'), retired, promoted('b')])).toBe('a');
});
