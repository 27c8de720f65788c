import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Page } from 'playwright-core';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Expects that axe finds nothing wrong on the page as it is now, in a wide and a narrow window. */
export async function checkAccessibility(page: Page, name: string): Promise<void> {
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    await page.waitForTimeout(400); // transitions of dialogs and buttons change contrasts
    if (process.env.SCREENSHOTS) {
      await mkdir(process.env.SCREENSHOTS, { recursive: true });
      const file = path.join(process.env.SCREENSHOTS, `${name}-${width}.png`);
      await page.screenshot({ path: file, fullPage: true });
    }
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect({ name, width, overflow }).toEqual({ name, width, overflow: 0 });
    const loaded = await page.evaluate('typeof axe');
    if (loaded === 'undefined') await page.evaluate(await readFile(AXE, 'utf8'));
    const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
      'axe.run()',
    );
    const found = violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) }));
    expect({ name, width, found }).toEqual({ name, width, found: [] });
  }
  await page.setViewportSize({ width: 1440, height: 900 });
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
