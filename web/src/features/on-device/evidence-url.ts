import { colourEvidence } from '../../../../server/pixels/colour-evidence.js';
import type { DeviceResult } from './messages.js';

/** The longest side of the picture of the map, in pixels. */
const LONGEST_SIDE = 320;

/** The evidence map as a PNG to lay over the image, in a data URL, as the server draws it; null if the browser cannot draw it. */
export function evidenceUrl({ image, frame, evidence }: DeviceResult): string | null {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
  const map = canvasOf(evidence.width, evidence.height);
  const whole = canvasOf(Math.round(image.width * scale), Math.round(image.height * scale));
  const [onMap, onWhole] = [map.getContext('2d'), whole.getContext('2d')];
  if (!onMap || !onWhole) return null;
  const colours = new Uint8ClampedArray(colourEvidence(evidence));
  onMap.putImageData(new ImageData(colours, evidence.width, evidence.height), 0, 0);
  const { left, top, width, height } = frame;
  onWhole.drawImage(map, left * scale, top * scale, width * scale, height * scale);
  return whole.toDataURL('image/png');
}

function canvasOf(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return canvas;
}
