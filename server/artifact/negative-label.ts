/**
 * The name of the negative class of a version that was trained on several other labels: 'not blast'. As the label of an image it says that the
 * image is not of the positive label, and not of which cell type it is.
 */
export function negativeLabel(positiveLabel: string): string {
  return `not ${positiveLabel}`;
}
