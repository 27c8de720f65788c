import type { Answer, Question } from '../../../background/ask-worker.js';
import { findSeveralCells } from './find-several-cells.js';

// Finds cells beside the page, so that the page stays responsive, and because only workers may compile WebAssembly.

self.addEventListener('message', ({ data: { id, task } }: MessageEvent<Question<Blob>>) => {
  const found = findSeveralCells(task).catch(() => false);
  void found.then((reply) => {
    const answer: Answer<boolean> = { id, reply };
    self.postMessage(answer);
  });
});
