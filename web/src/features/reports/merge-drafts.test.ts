import { differences, mergeDrafts } from './merge-drafts.js';

const base = { conclusion: 'Blasts.', fewCellsReason: '', chosen: ['a'] };

test('what only the other person has changed stays, and what the user has changed is kept', () => {
  const theirs = { conclusion: 'Many blasts.', fewCellsReason: 'Leukopenia.', chosen: ['a', 'b'] };
  expect(mergeDrafts(base, { ...base, conclusion: 'No blasts.' }, theirs)).toEqual({
    ...{ conclusion: 'No blasts.', fewCellsReason: 'Leukopenia.', chosen: ['a', 'b'] },
  });
  expect(mergeDrafts(base, { ...base, chosen: [] }, { ...base, conclusion: 'Many blasts.' })).toEqual({
    ...{ conclusion: 'Many blasts.', fewCellsReason: '', chosen: [] },
  });
});

test('spaces around a text are no difference, because the server removes them', () => {
  expect(differences(base, { ...base, conclusion: ' Blasts.\n' })).toEqual({
    ...{ conclusion: false, fewCellsReason: false, chosen: false },
  });
});
