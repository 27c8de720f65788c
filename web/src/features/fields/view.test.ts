import { boxAt, moved, showing, wholePicture, zoomed } from './view.js';

const picture = { width: 1200, height: 800 };
const whole = wholePicture(picture);

test('zooming keeps the point under the pointer where it is', () => {
  const point = { x: 900, y: 200 };
  const view = zoomed(whole, picture, 2, point);
  expect(view).toEqual({ left: 450, top: 100, width: 600, height: 400 });
  expect((point.x - view.left) / view.width).toBeCloseTo(0.75);
  expect(zoomed(view, picture, 0.5, point)).toEqual(whole);
});

test('zooming ends at the whole picture, and at 60 pixels of its shorter side', () => {
  expect(zoomed(whole, picture, 0.1)).toEqual(whole);
  expect(zoomed(whole, picture, 1000)).toEqual({ left: 555, top: 370, width: 90, height: 60 });
  const tiny = { width: 50, height: 40 };
  expect(zoomed(wholePicture(tiny), tiny, 4)).toEqual(wholePicture(tiny));
});

test('the visible part never leaves the picture', () => {
  const view = zoomed(whole, picture, 4);
  expect(moved(view, picture, { x: -5000, y: 5000 })).toEqual({ left: 0, top: 600, width: 300, height: 200 });
});

test('a cell outside of the visible part is brought into view, and a visible one moves nothing', () => {
  const view = { left: 0, top: 0, width: 300, height: 200 };
  expect(showing(view, picture, { left: 40, top: 40, width: 60, height: 60 })).toEqual(view);
  expect(showing(view, picture, { left: 500, top: 40, width: 60, height: 60 })).toEqual({
    ...view,
    left: 275,
  });
  // A cell that is larger than the visible part is centred.
  expect(showing(view, picture, { left: 400, top: 400, width: 400, height: 400 })).toEqual({
    ...view,
    left: 450,
    top: 500,
  });
});

test('a point is in the box whose centre is nearest, if boxes overlap', () => {
  const one = { id: 'one', region: { left: 0, top: 0, width: 100, height: 100 } };
  const other = { id: 'other', region: { left: 60, top: 0, width: 100, height: 100 } };
  const wholeImage = { id: 'whole image', region: null };
  expect(boxAt([wholeImage, one, other], { x: 70, y: 50 })?.id).toBe('one');
  expect(boxAt([wholeImage, one, other], { x: 95, y: 50 })?.id).toBe('other');
  expect(boxAt([wholeImage, one, other], { x: 170, y: 50 })).toBeUndefined();
});
