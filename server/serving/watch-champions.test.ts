import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { ChampionReadiness } from './served-versions.js';
import { watchChampions } from './watch-champions.js';

const CHAMPION: ChampionReadiness = {
  modelId: 'model_1',
  modelName: 'screening',
  championVersionId: 'mver_2',
  servedVersionId: 'mver_2',
  error: null,
  challengerVersionId: null,
  challengerError: null,
};

test('a champion that does not answer here increases the gauge and logs one error until it answers again', async () => {
  const lines: { level: number; msg: string; reason?: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const registry = new Registry();
  let state = CHAMPION;
  let changed = () => {};
  const served: any = {
    readiness: () => [state],
    onChange: (handler: () => void) => {
      changed = handler;
      return () => {};
    },
  };
  const become = (next: Partial<ChampionReadiness>) => {
    state = { ...state, ...next };
    changed();
  };
  const behind = async () =>
    Number(/behind_seconds\{model="screening"\} (\S+)/.exec(await registry.metrics())?.[1]);

  const watch = watchChampions({ served, log }, registry, 20);
  try {
    expect(await behind()).toBe(0);
    become({ servedVersionId: 'mver_1', error: 'It does not load.' });
    while (lines.length === 0) await sleep(5);
    await sleep(100);
    expect(await behind()).toBeGreaterThan(0.02);
    expect(lines).toEqual([expect.objectContaining({ level: 50, reason: 'It does not load.' })]);

    become({ servedVersionId: 'mver_2', error: null });
    expect(await behind()).toBe(0);
    expect(lines.map(({ level }) => level)).toEqual([50, 30]);
  } finally {
    watch.close();
  }
});
