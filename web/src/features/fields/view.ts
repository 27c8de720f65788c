/** A box in a picture, in pixels of the picture. The part of a picture that is on the screen is one, too. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The smallest side of the visible part, in pixels of the picture: about one cell at a low magnification. */
const SMALLEST_SIDE = 60;
/** Free space around a cell that is brought into view, as a share of its size. */
const MARGIN = 0.25;

export function wholePicture({ width, height }: Size): Box {
  return { left: 0, top: 0, width, height };
}

/** Whether the whole picture is visible. */
export function isWhole(view: Box, picture: Size): boolean {
  return view.width >= picture.width;
}

/**
 * Enlarges the visible part of a picture by a factor (below 1: reduces it) around a point, which stays where it is on the screen.
 * At most the whole picture is visible, and at least 60 pixels of its shorter side.
 */
export function zoomed(view: Box, picture: Size, factor: number, { x, y }: Point = centreOf(view)): Box {
  const shorter = Math.min(picture.width, picture.height);
  const largest = Math.max(1, shorter / SMALLEST_SIDE);
  const zoom = Math.min(largest, Math.max(1, (picture.width / view.width) * factor));
  const width = picture.width / zoom;
  const height = picture.height / zoom;
  const left = x - ((x - view.left) / view.width) * width;
  const top = y - ((y - view.top) / view.height) * height;
  return within({ left, top, width, height }, picture);
}

/** Moves the visible part by a distance in pixels of the picture, at most to its border. */
export function moved(view: Box, picture: Size, { x, y }: Point): Box {
  return within({ ...view, left: view.left + x, top: view.top + y }, picture);
}

/** Moves the visible part no further than is needed to show a box. If the box does not fit, its centre is shown. */
export function showing(view: Box, picture: Size, box: Box): Box {
  return within(
    {
      ...view,
      left: startShowing(view.left, view.width, box.left, box.width),
      top: startShowing(view.top, view.height, box.top, box.height),
    },
    picture,
  );
}

function startShowing(start: number, length: number, from: number, extent: number): number {
  const margin = extent * MARGIN;
  if (extent + 2 * margin > length) return from + extent / 2 - length / 2;
  return Math.min(from - margin, Math.max(from + extent + margin - length, start));
}

export function centreOf({ left, top, width, height }: Box): Point {
  return { x: left + width / 2, y: top + height / 2 };
}

/** The box around a point whose centre is nearest to the point; undefined if no box contains it. */
export function boxAt<Item extends { readonly region?: Box | null }>(
  items: readonly Item[],
  point: Point,
): Item | undefined {
  let nearest: Item | undefined;
  let shortest = Infinity;
  for (const item of items) {
    if (!item.region || !contains(item.region, point)) continue;
    const centre = centreOf(item.region);
    const distance = Math.hypot(centre.x - point.x, centre.y - point.y);
    if (distance < shortest) [nearest, shortest] = [item, distance];
  }
  return nearest;
}

/** A point of a picture, moved to its border if it is outside. */
export function inPicture({ x, y }: Point, { width, height }: Size): Point {
  return { x: Math.min(width - 1, Math.max(0, x)), y: Math.min(height - 1, Math.max(0, y)) };
}

function contains({ left, top, width, height }: Box, { x, y }: Point): boolean {
  return x >= left && x < left + width && y >= top && y < top + height;
}

function within(view: Box, picture: Size): Box {
  return {
    ...view,
    left: Math.min(picture.width - view.width, Math.max(0, view.left)),
    top: Math.min(picture.height - view.height, Math.max(0, view.top)),
  };
}
