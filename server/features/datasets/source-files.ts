import type { ObjectStore, StoredObject } from '../../storage/object-store.js';
import { type ClassMapping, classOf, prefixesOf } from './class-mapping.js';

/** What an object below a snapshot's source is to the snapshot. */
export type SourceFile =
  | { kind: 'image'; object: StoredObject; folder: string; label: string }
  /** An image that lies in no class folder. */
  | { kind: 'stray'; object: StoredObject }
  /** Something else than an image, by its name; or hidden, as what desktops and notebooks leave behind. */
  | { kind: 'other'; object: StoredObject };

// By name: what is called an image and is none is found when it is read.
const HIDDEN = /(^|\/)(\.|__MACOSX\/)/;
const IMAGE_NAME = /\.(jpe?g|png|tiff?|webp|bmp|gif)$/i;

/** Lists what lies below the source, class folder by class folder, a page at a time. */
export async function* sourceFiles(source: ObjectStore, classes: ClassMapping): AsyncGenerator<SourceFile> {
  for (const prefix of prefixesOf(classes)) {
    for await (const object of source.list(prefix)) {
      const place = classOf(classes, object.key);
      if (HIDDEN.test(object.key) || !IMAGE_NAME.test(object.key)) yield { kind: 'other', object };
      else if (place) yield { kind: 'image', object, folder: place.folder, label: place.label };
      else yield { kind: 'stray', object };
    }
  }
}
