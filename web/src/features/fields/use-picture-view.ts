import { type PointerEvent, useCallback, useEffect, useRef, useState } from 'react';
import { type Box, isWhole, moved, type Point, type Size, wholePicture, zoomed } from './view.js';

/** A pointer that moves less than this, in pixels of the screen, clicks. */
const CLICK_DISTANCE = 4;
/** Factor by which a turn of the mouse wheel by one pixel zooms, as its natural logarithm. */
const ZOOM_OF_WHEEL = 0.0015;
/** Spreading two fingers on a touchpad reaches the page as small turns of the wheel with the control key. */
const ZOOM_OF_TOUCHPAD = 0.01;
const PIXELS_OF_LINE = 16;

/**
 * The visible part of a picture, and its changes by mouse wheel, dragging and two fingers. The element must have the shape of the
 * picture.
 * @param onClick called with the point of the picture that was clicked
 */
export function usePictureView(picture: Size, onClick: (point: Point) => void) {
  const [view, setView] = useState(() => wholePicture(picture));
  const [element, setElement] = useState<SVGSVGElement | null>(null);
  const scale = useWidthOf(element) / view.width;
  const pointers = useRef(new Map<number, Point>());
  const pressedAt = useRef<Point | null>(null); // null once the pointer drags

  useEffect(() => {
    if (!element) return;
    const turn = (event: WheelEvent) => {
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? PIXELS_OF_LINE : 1;
      const speed = event.ctrlKey ? ZOOM_OF_TOUCHPAD : ZOOM_OF_WHEEL;
      const factor = Math.exp(-event.deltaY * lines * speed);
      if (factor < 1 && isWhole(view, picture)) return; // scrolls the page
      event.preventDefault();
      setView(zoomed(view, picture, factor, pointOf(element, view, event)));
    };
    element.addEventListener('wheel', turn, { passive: false }); // React listens passively
    return () => element.removeEventListener('wheel', turn);
  }, [element, view, picture]);

  const onPointerDown = (event: PointerEvent<SVGSVGElement>) => {
    if (event.button !== 0) return;
    pointers.current.set(event.pointerId, positionOf(event));
    pressedAt.current = pointers.current.size === 1 ? positionOf(event) : null;
  };

  const onPointerMove = (event: PointerEvent<SVGSVGElement>) => {
    const before = pointers.current.get(event.pointerId);
    if (!before) return;
    const now = positionOf(event);
    if (pressedAt.current && distance(pressedAt.current, now) < CLICK_DISTANCE) return;
    pressedAt.current = null;
    event.currentTarget.setPointerCapture(event.pointerId); // drags on outside of the picture
    const [other] = [...pointers.current].flatMap(([id, point]) => (id === event.pointerId ? [] : [point]));
    pointers.current.set(event.pointerId, now);
    const target = event.currentTarget;
    setView((view) => {
      const by = target.clientWidth / view.width;
      if (!other) return moved(view, picture, { x: (before.x - now.x) / by, y: (before.y - now.y) / by });
      const factor = distance(now, other) / Math.max(1, distance(before, other));
      const middle = { clientX: (now.x + other.x) / 2, clientY: (now.y + other.y) / 2 };
      return zoomed(view, picture, factor, pointOf(target, view, middle));
    });
  };

  const onPointerUp = (event: PointerEvent<SVGSVGElement>) => {
    pointers.current.delete(event.pointerId);
    if (!pressedAt.current) return;
    pressedAt.current = null;
    onClick(pointOf(event.currentTarget, view, event));
  };

  const onPointerCancel = (event: PointerEvent<SVGSVGElement>) => {
    pointers.current.delete(event.pointerId);
    pressedAt.current = null;
  };

  return {
    view,
    setView,
    scale,
    /** For the SVG element of the picture. */
    svg: { ref: setElement, onPointerDown, onPointerMove, onPointerUp, onPointerCancel },
    zoomBy: useCallback((factor: number) => setView((view) => zoomed(view, picture, factor)), [picture]),
    showAll: useCallback(() => setView(wholePicture(picture)), [picture]),
  };
}

/** Width of an element in pixels of the screen. Follows changes of its size. */
function useWidthOf(element: Element | null): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

/** The point of the picture at a position on the screen. */
function pointOf(
  element: Element,
  view: Box,
  { clientX, clientY }: { clientX: number; clientY: number },
): Point {
  const { left, top, width, height } = element.getBoundingClientRect();
  return {
    x: view.left + ((clientX - left) / width) * view.width,
    y: view.top + ((clientY - top) / height) * view.height,
  };
}

const positionOf = ({ clientX, clientY }: PointerEvent): Point => ({ x: clientX, y: clientY });
const distance = (one: Point, other: Point) => Math.hypot(one.x - other.x, one.y - other.y);
