import type { Locator, Page } from 'playwright-core';

/** Waits until the queue of the Classify page says this of its files. */
export async function answered(page: Page, summary: string): Promise<void> {
  await page.getByRole('status').filter({ hasText: summary }).waitFor();
}

/** Chooses an option of a field. */
export async function choose(page: Page, field: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: field }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

/** The width of a loaded image in pixels; 0 if it cannot be displayed. */
export async function loadedWidth(image: Locator): Promise<number> {
  return image.evaluate((element: { naturalWidth: number; decode: () => Promise<void> }) =>
    element.decode().then(
      () => element.naturalWidth,
      () => 0,
    ),
  );
}
