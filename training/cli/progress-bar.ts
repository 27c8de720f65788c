const WIDTH = 30;
/** On a terminal, milliseconds between two drawings. */
const INTERVAL = 100;

/**
 * A bar of how many of `total` are done, drawn in place on a terminal; elsewhere a line at every tenth. Call what it
 * returns after each of them.
 */
export function progressBar(
  stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>,
  title: string,
  total: number,
): (done: number) => void {
  const startedAt = performance.now();
  let drawnAt = -Infinity;
  let tenths = 0;
  return (done) => {
    const now = performance.now();
    const rate = `${done} of ${total}, ${(done / Math.max((now - startedAt) / 1000, 1e-3)).toFixed(0)} a second`;
    if (!stream.isTTY) {
      if (Math.floor((10 * done) / total) === tenths) return;
      tenths = Math.floor((10 * done) / total);
      stream.write(`${title}: ${rate}\n`);
      return;
    }
    if (now - drawnAt < INTERVAL && done < total) return;
    drawnAt = now;
    const filled = Math.round((WIDTH * done) / total);
    const end = done === total ? '\n' : '';
    stream.write(`\r\x1b[2K${title} ${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${rate}${end}`);
  };
}
