import { placeTexts } from './place-texts.js';

const picture = { width: 400, height: 300 };
const at = (left: number, top: number) => ({ left, top, width: 20, height: 20 });

test('a text that would cover an earlier one becomes shorter, and is longer again at a higher zoom', () => {
  const marks = [
    { region: at(0, 100), texts: ['1 Needs review', '1'] },
    { region: at(30, 104), texts: ['2 Needs review', '2'] },
    { region: at(30, 160), texts: ['3 Needs review', '3'] },
    { region: at(34, 162), texts: ['Cut off', ''] },
  ];
  const textsAt = (scale: number) => placeTexts(marks, picture, scale, 13).map(({ text }) => text);
  expect(textsAt(1)).toEqual(['1 Needs review', '2', '3 Needs review', '']);
  expect(textsAt(10)).toEqual(marks.map(({ texts }) => texts[0]));
});

test('texts stay in the picture: in boxes at its top, and moved to the left at its right border', () => {
  const marks = [
    { region: at(100, 5), texts: ['1 Blast'] },
    { region: at(375, 100), texts: ['2 Blast'] },
  ];
  const [top, right] = placeTexts(marks, picture, 1, 10);
  expect(top).toEqual({ text: '1 Blast', x: 106, y: 18 });
  expect(right).toEqual({ text: '2 Blast', x: 400 - 42, y: 94 });
});
