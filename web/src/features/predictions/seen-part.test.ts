import { seenPartOf } from './seen-part.js';

const picture = { width: 400, height: 200 };

test('the part is given in shares of the picture, without what lies beyond it', () => {
  expect(seenPartOf({ left: 100, top: 0, width: 200, height: 200 }, picture)).toEqual({
    ...{ left: 0.25, top: 0, width: 0.5, height: 1 },
  });
  expect(seenPartOf({ left: -50, top: 20, width: 150, height: 150 }, picture)).toEqual({
    ...{ left: 0, top: 0.1, width: 0.25, height: 0.75 },
  });
});

test('the whole picture, and a part that is not known, have no outline', () => {
  expect(seenPartOf({ left: 0, top: 0, width: 400, height: 200 }, picture)).toBeNull();
  expect(seenPartOf({ left: -100, top: -200, width: 600, height: 600 }, picture)).toBeNull();
  expect(seenPartOf(null, picture)).toBeNull();
});
