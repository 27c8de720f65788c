const WIDTH = 30;
/** The number of milliseconds between two updates on a terminal. */
const INTERVAL = 100;

/**
 * Creates a progress bar. On a terminal it is drawn in place; elsewhere it writes a line for every 10 %. Call the returned
 * function with the share that is done (0–1) and the text to show after the bar.
 */
export function progressBar(
  stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>,
  title: string,
): (share: number, remark: string) => void {
  let drawnAt = -Infinity;
  let tenths = 0;
  return (share, remark) => {
    if (!stream.isTTY) {
      if (Math.floor(10 * share) === tenths) return;
      tenths = Math.floor(10 * share);
      stream.write(`${title}: ${remark}\n`);
      return;
    }
    const now = performance.now();
    if (now - drawnAt < INTERVAL && share < 1) return;
    drawnAt = now;
    const filled = Math.round(WIDTH * share);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    stream.write(`${title} ${bar} ${remark}\x1b[K${share < 1 ? '\r' : '\n'}`);
  };
}
