// The time of scripts in each frame of the gallery of a case with 500 cells, while scrolling and while moving the slider of the evidence map, before and
// after all cells are reviewed:
//   CYTOGRAPH_PASSWORD=… node scripts/run.mjs benchmarks/gallery/bench --url http://localhost:4000 [--email E]    (a server with a champion runs there)
// The times are of the CPU (the thread's clock), so that other programs on the machine do not count.
import { parseArgs } from 'node:util';
import { type CDPSession, chromium, type Page } from 'playwright-core';
import { z } from 'zod';
import { drawDemoCells } from '../../server/imaging/demo-cells.js';
import { CHROMIUM_ARGUMENTS, findChromium } from '../chromium.js';

const CELLS = 500;
const REFERENCE = 'Benchmark of the gallery';
const STEPS = 120;

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://localhost:4000' },
    email: { type: 'string', default: 'admin@cytograph.local' },
  },
});
const { url, email } = values;
const password = process.env.CYTOGRAPH_PASSWORD;
if (password === undefined) throw new Error('Set CYTOGRAPH_PASSWORD to the password of the account.');
const browser = await chromium.launch({ executablePath: await findChromium(), args: CHROMIUM_ARGUMENTS });
try {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto('/');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).first().waitFor();
  const caseId = (await findCase(page)) ?? (await classifyCase(page));

  const session = await context.newCDPSession(page);
  await session.send('Performance.setTimeDomain', { timeDomain: 'threadTicks' });
  await session.send('Performance.enable');
  for (const state of ['as found', 'all reviewed']) {
    await page.goto(`/cases/${caseId}`);
    await page.getByRole('grid').waitFor();
    await page.getByText('Loading the cells').waitFor({ state: 'detached' });
    await page.evaluate(`document.querySelector('[role=grid]').scrollIntoView({ block: 'center' })`);
    await page.waitForTimeout(2_000);
    if (state === 'all reviewed') {
      await reviewAll(page);
      await page.waitForTimeout(10_000); // every change has come back from the server
    }
    await page.getByRole('grid').hover();
    report(
      `${state}, scrolling`,
      await measure(page, session, (step) => page.mouse.wheel(0, step < STEPS / 2 ? 120 : -120)),
    );
    await page.getByRole('slider', { name: 'Evidence map' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForTimeout(3_000); // the maps are loaded
    report(`${state}, slider`, await measure(page, session, () => page.keyboard.press('ArrowRight')));
  }
} finally {
  await browser.close();
}

/** The script time of each step, in milliseconds. A step is one event and the frame after it. */
async function measure(
  page: Page,
  session: CDPSession,
  act: (step: number) => Promise<unknown>,
): Promise<number[]> {
  const times: number[] = [];
  let before = await scriptMs(session);
  for (let step = 0; step < STEPS; step++) {
    await act(step);
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
    const after = await scriptMs(session);
    times.push(after - before);
    before = after;
  }
  return times;
}

async function scriptMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return 1000 * (metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? 0);
}

function report(name: string, times: readonly number[]): void {
  const sorted = times.toSorted((one, other) => one - other);
  const quantile = (share: number) => (sorted[Math.ceil(share * sorted.length) - 1] ?? 0).toFixed(1);
  console.log(
    `${name}: median ${quantile(0.5)} ms, 95 % ${quantile(0.95)} ms, longest ${quantile(1)} ms of script in a frame`,
  );
}

async function findCase(page: Page): Promise<string | null> {
  const Answer = z.object({
    data: z.object({
      case: z.object({ id: z.string(), counts: z.object({ cells: z.number() }) }).nullable(),
    }),
  });
  const response = await page.request.post('/graphql', {
    data: {
      query: 'query ($reference: String!) { case(reference: $reference) { id counts { cells } } }',
      variables: { reference: REFERENCE },
    },
  });
  const { case: found } = Answer.parse(await response.json()).data;
  return found && found.counts.cells >= CELLS ? found.id : null;
}

/** Classifies drawn cells again and again, which repeats their first answers. */
async function classifyCase(page: Page): Promise<string> {
  const drawn: Buffer[] = [];
  for await (const { bytes } of drawDemoCells({ count: 60, seed: 1 })) drawn.push(Buffer.from(bytes));
  for (let index = 0; index < CELLS; index++) {
    const buffer = drawn[index % drawn.length] ?? Buffer.alloc(0);
    const image = { name: `cell ${index}.jpg`, mimeType: 'image/jpeg', buffer };
    const response = await page.request.post('/predict', { multipart: { caseReference: REFERENCE, image } });
    if (!response.ok()) throw new Error(await response.text());
  }
  const id = await findCase(page);
  if (id === null) throw new Error('The case was not recorded.');
  return id;
}

/** Gives every cell the verdict "cannot tell", group by group. */
async function reviewAll(page: Page): Promise<void> {
  const buttons = page.getByRole('group', { name: 'Groups' }).getByRole('button');
  for (const title of await buttons.allInnerTexts()) {
    if (title.startsWith('Cannot tell') || title.endsWith(' 0')) continue;
    await buttons
      .filter({ hasText: title.replace(/ [\d,]+$/, '') })
      .first()
      .click();
    await page.getByRole('grid').focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('u');
    await page.getByText(/cells?: cannot tell/).waitFor();
  }
}
