import { FairQueue, FairQueues } from './fair-queue.js';

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

describe('FairQueues', () => {
  it('serves the outer keys in turn, and the inner keys of each in turn', () => {
    const queues = new FairQueues<string, string, string>();
    for (const item of ['a1x', 'a1y', 'a2x', 'a1z', 'b1x', 'b1y']) {
      queues.add(item.charAt(0), item.slice(0, 2), item);
    }
    expect(queues.size).toBe(6);
    expect(queues.sizeOf('a')).toBe(4);
    expect(queues.remove('a', 'a1', 'a1y')).toBe(true);
    expect(queues.remove('a', 'a1', 'a1y')).toBe(false);
    const taken = Array.from({ length: 6 }, () => queues.take());
    expect(taken).toEqual(['a1x', 'b1x', 'a2x', 'b1y', 'a1z', undefined]);
    expect(queues.size).toBe(0);
    expect(queues.sizeOf('a')).toBe(0);
  });
});
