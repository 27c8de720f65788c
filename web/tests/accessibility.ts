import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Page } from 'playwright-core';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Expects that axe finds nothing wrong on the page as it is now, in both colour schemes, in a wide and a narrow window. */
export async function checkAccessibility(page: Page, name: string): Promise<void> {
  expect(await accessibilityProblems(page, name)).toEqual([]);
}

interface Problem {
  where: string;
  /** The rule of axe, or 'overflow' for content that is wider than the window. */
  rule: string;
  elements: string[];
}

/** What {@link checkAccessibility} expects not to find. */
export async function accessibilityProblems(page: Page, name: string): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 });
      problems.push(...(await scan(page, `${name}-${width}-${colorScheme}`)));
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1440, height: 900 });
  return problems;
}

/** Waits until the page has drawn what has changed, and the transitions of dialogs and buttons, which change contrasts, have ended. */
export async function drawn(page: Page): Promise<void> {
  await page.waitForTimeout(400);
  // On a busy machine, they begin and end later.
  await page.evaluate(`(async () => {
    const isTransition = (each) => each instanceof CSSTransition;
    for (let round = 0; round < 3; round++) {
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      await Promise.allSettled(document.getAnimations().filter(isTransition).map(({ finished }) => finished));
    }
  })()`);
}

async function scan(page: Page, where: string): Promise<Problem[]> {
  await drawn(page);
  if (process.env.SCREENSHOTS) {
    await mkdir(process.env.SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${where}.png`), fullPage: true });
  }
  const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
  const loaded = await page.evaluate('typeof axe');
  if (loaded === 'undefined') await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    'axe.run()',
  );
  return [
    ...(overflow === 0 ? [] : [{ where, rule: 'overflow', elements: [`${String(overflow)} pixels`] }]),
    ...violations.map(({ id, nodes }) => ({ where, rule: id, elements: nodes.map(({ html }) => html) })),
  ];
}

/** Presses Tab until what has the focus has this accessible name, then Enter. */
export async function pressByKeyboard(
  page: Page,
  role: 'button' | 'link' | 'menuitem',
  name: string | RegExp,
): Promise<void> {
  const target = page.getByRole(role, { name }).first();
  await target.waitFor();
  for (let presses = 0; presses < 80; presses++) {
    if (await target.evaluate((element) => element.ownerDocument.activeElement === element)) {
      await page.keyboard.press('Enter');
      return;
    }
    await page.keyboard.press(role === 'menuitem' ? 'ArrowDown' : 'Tab');
  }
  throw new Error(`The keyboard does not reach the ${role} ${String(name)}.`);
}
