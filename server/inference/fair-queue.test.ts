import { FairQueue } from './fair-queue.js';

const drain = (queue: FairQueue<string, string>) => {
  const items: string[] = [];
  for (let item = queue.take(); item !== undefined; item = queue.take()) items.push(item);
  return items;
};

describe('FairQueue', () => {
  it('serves the keys in turn, and keeps the order of each', () => {
    const queue = new FairQueue<string, string>();
    for (const item of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']) queue.add(item.charAt(0), item);
    expect(queue.size).toBe(7);
    expect(queue.take()).toBe('a1');
    queue.add('c', 'c2');
    queue.add('d', 'd1');
    expect(drain(queue)).toEqual(['b1', 'c1', 'a2', 'd1', 'b2', 'c2', 'a3', 'a4']);
    expect(queue.size).toBe(0);
  });

  it('removes an item once', () => {
    const queue = new FairQueue<string, string>();
    for (const item of ['a1', 'a2', 'b1']) queue.add(item.charAt(0), item);
    expect(queue.remove('a', 'a1')).toBe(true);
    expect(queue.remove('a', 'a1')).toBe(false);
    expect(queue.remove('b', 'b1')).toBe(true);
    expect(queue.size).toBe(1);
    expect(drain(queue)).toEqual(['a2']);
    expect(queue.remove('a', 'a2')).toBe(false);
  });
});
