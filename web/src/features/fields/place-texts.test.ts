import { placeTexts } from './place-texts.js';

const picture = { width: 400, height: 300 };
const at = (left: number, top: number) => ({ left, top, width: 20, height: 20 });

test('a text that would cover another one becomes shorter, and is longer again at a higher zoom', () => {
  const marks = [
    { region: at(0, 100), texts: ['1 Needs review', '1'] },
    { region: at(30, 104), texts: ['2 Needs review', '2'] },
    { region: at(30, 160), texts: ['3 Needs review', '3'] },
    { region: at(34, 162), texts: ['Cut off', ''] },
  ];
  const textsAt = (scale: number) => placeTexts(marks, picture, scale, 13).map(({ text }) => text);
  expect(textsAt(1)).toEqual(['1', '2 Needs review', '3 Needs review', '']);
  expect(textsAt(10)).toEqual(marks.map(({ texts }) => texts[0]));
});

test('a crowded field has words only where they cover no other box, and numbers that do not cover each other', () => {
  const marks = Array.from({ length: 289 }, (_, index) => ({
    region: at((index % 17) * 23, Math.floor(index / 17) * 23 + 20),
    texts: [`${index + 1} Blast`, `${index + 1}`],
  }));
  const alone = { region: at(200, 500), texts: ['290 Blast', '290'] };
  const placed = placeTexts([...marks, alone], { width: 400, height: 600 }, 0.8, 13);
  const texts = placed.map(({ text }) => text);
  expect([texts[0], texts[1], texts.at(-1)]).toEqual(['1', '2', '290 Blast']);
  expect(texts.filter((text) => text.includes('Blast'))).toEqual(['290 Blast']);
  expect(texts.filter((text) => text === '').length).toBeGreaterThan(100); // three digits are wider than the boxes
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
