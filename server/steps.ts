import { performance } from 'node:perf_hooks';

/** Runs one step of the start and reports the result; `remark` returns a note about the result. */
export type Step = <Result>(
  title: string,
  work: () => Promise<Result>,
  remark?: (result: Result) => string,
) => Promise<Result>;

/** Reports each step as a line such as '✓ Database: embedded Postgres in data (0.4 s)'. */
export function createSteps(say: (line: string) => void): Step {
  return async (title, work, remark) => {
    const start = performance.now();
    const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
    try {
      const result = await work();
      say(`✓ ${title}${remark ? `: ${remark(result)}` : ''} (${seconds()})`);
      return result;
    } catch (error) {
      say(`✗ ${title}: failed (${seconds()})`);
      throw error;
    }
  };
}
