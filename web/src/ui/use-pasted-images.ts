import { useEffect, useRef } from 'react';

/**
 * Calls `onImages` with the images that the user pastes anywhere on the page. Text that is pasted into a field stays text, also if the
 * clipboard has a picture of it too, and a page behind a dialog takes nothing.
 */
export function usePastedImages(onImages: (images: File[]) => void): void {
  const latest = useRef(onImages);
  useEffect(() => {
    latest.current = onImages;
  });
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const { clipboardData, target } = event;
      if (!clipboardData || document.querySelector('[aria-modal="true"], [role="dialog"]')) return;
      if (isField(target) && clipboardData.types.includes('text/plain')) return;
      const images = Array.from(clipboardData.files).filter(({ type }) => type.startsWith('image/'));
      if (images.length === 0) return;
      event.preventDefault();
      latest.current(images.map(named));
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, []);
}

const isField = (target: EventTarget | null) =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;

/** Browsers call every picture that was copied from a program "image.png"; files that were copied keep their names. */
function named(image: File, index: number): File {
  if (!/^image\.\w+$/.test(image.name)) return image;
  const now = new Date();
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join('.');
  const extension = image.name.slice(image.name.lastIndexOf('.'));
  const number = index === 0 ? '' : ` (${index + 1})`;
  return new File([image], `Pasted at ${time}${number}${extension}`, { type: image.type });
}
