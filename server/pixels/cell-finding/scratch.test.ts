import { scratch, withScratch } from './scratch.js';

it('uses the same memory in every step, filled with 0', () => {
  const use = () => {
    const values = scratch.int32(10);
    const found = { buffer: values.buffer, values: [...values] };
    values.fill(7);
    return found;
  };
  const first = withScratch(use);
  const second = withScratch(use);

  expect(second.buffer).toBe(first.buffer);
  expect(second.values).toEqual(Array(10).fill(0));
});

it('keeps the arrays of a step apart, those of a step within it, and those that do not fit', () => {
  const arrays = withScratch(() => {
    const before = scratch.uint8(5).fill(1);
    const inner = withScratch(() => scratch.float64(3).fill(2));
    const large = scratch.float32(1_000_000).fill(3);
    const after = scratch.uint16(4).fill(4);
    return [before, large, after].map((array) => [...new Set(array)]).concat([[inner.length]]);
  });

  expect(arrays).toEqual([[1], [3], [4], [3]]);
});

it('gives ordinary arrays outside of a step, also after one that failed', () => {
  const failing = () =>
    withScratch(() => {
      throw new Error('The step failed.');
    });

  expect(failing).toThrow('The step failed.');
  expect(scratch.uint8(3).buffer.byteLength).toBe(3);
});
