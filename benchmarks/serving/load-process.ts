// The load generator's process: receives one LoadOrder, sends LoadEvents, and ends. See load.ts.
import { classifyRequests } from './classify-requests.js';
import { monotonicMs } from './clock.js';
import { HttpConnection } from './http-connection.js';
import type { Answer, LoadEvent, LoadOrder, LoadResult } from './load.js';

const FAILURES_TOLD = 5;
/** Pause after a refusal, because a tight loop of requests would take CPU time from the server. */
const SECONDS_AFTER_FAILURE = 0.05;

process.once('message', (order: LoadOrder) => void generate(order));
process.once('disconnect', () => process.exit(1)); // the benchmark has exited

async function generate(order: LoadOrder): Promise<void> {
  const { targets, api, clients, images, run, warmUpSeconds, until: end } = order;
  const answers: Answer[] = [];
  const failures: string[] = [];
  let failed = 0;
  let sent = 0;
  let answered = 0;
  let from = Infinity;
  let until = Infinity;
  let cpu = process.cpuUsage();
  let sayEnough = () => {};
  const enough = new Promise<void>((resolve) => (sayEnough = resolve));

  async function client(index: number): Promise<void> {
    const target = targets[index % targets.length];
    if (!target) throw new Error('There is no server to load.');
    const connection = new HttpConnection(target.url);
    const { request, read } = classifyRequests(api, { ...target, images, run });
    while (until === Infinity) {
      const counter = sent++;
      const image = counter % images.length;
      const sentAt = monotonicMs();
      try {
        const response = await connection.send(request(image, counter));
        const receivedAt = monotonicMs();
        const answer = { ...read(response), image, counter, sentAt, receivedAt };
        answered += 1;
        if (receivedAt < from || receivedAt > until) continue;
        answers.push(answer);
        if ('answers' in end && answers.length >= end.answers) sayEnough();
      } catch (error) {
        failed += 1;
        if (failures.length < FAILURES_TOLD) failures.push(String(error));
        await pause(SECONDS_AFTER_FAILURE);
      }
    }
    connection.close();
  }

  const running = Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
  await Promise.race([pause(warmUpSeconds), running]);
  cpu = process.cpuUsage();
  from = monotonicMs();
  tell({ event: 'measuring' });
  await Promise.race([enough, running, ...('seconds' in end ? [pause(end.seconds)] : [])]);
  until = monotonicMs();
  const seconds = (until - from) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  tell({ event: 'measured' });
  await running;

  const result: LoadResult = {
    seconds,
    answers,
    answered,
    failed,
    failures,
    generatorCpuSeconds: (user + system) / 1e6,
  };
  process.send?.({ event: 'result', result } satisfies LoadEvent, () => process.exit(0));
}

function tell(event: LoadEvent): void {
  process.send?.(event);
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
