import { progressBar } from './progress-bar.js';

function drawn(isTTY: boolean, shares: number[]): string {
  let text = '';
  const write = (part: string | Uint8Array) => {
    text += String(part);
    return true;
  };
  const draw = progressBar({ isTTY, write }, 'Training');
  for (const share of shares) draw(share, `${Math.round(100 * share)} %`);
  return text;
}

test('writes a line for every 10 % if there is no terminal', () => {
  const shares = Array.from({ length: 201 }, (_, index) => index / 200);
  const lines = drawn(false, shares).trimEnd().split('\n');
  expect(lines).toHaveLength(10);
  expect(lines[0]).toBe('Training: 10 %');
  expect(lines.at(-1)).toBe('Training: 100 %');
});

test('draws over itself on a terminal, and leaves the line when it is done', () => {
  const [first, last] = drawn(true, [0.5, 0.501, 1]).split('\r');
  expect(first).toBe(`Training ${'█'.repeat(15)}${'░'.repeat(15)} 50 %\x1b[K`);
  expect(last).toBe(`Training ${'█'.repeat(30)} 100 %\x1b[K\n`); // what came in between was too soon to see
});
