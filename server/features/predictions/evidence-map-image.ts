import { z } from 'zod';
import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { cropBox } from '../../pixels/crop-box.js';
import { decodeEvidence } from '../../pixels/evidence-map.js';
import { Preprocessing } from '../../decision/preprocessing.js';
import { renderEvidenceMap } from '../../imaging/render-evidence-map.js';
import type { EvidenceMaps } from './evidence-maps.js';
import { boxOf } from './box-of.js';
import { findPrediction } from './load-predictions.js';

/** The part of a manifest that has the crop of the image. Earlier releases recorded no frames, and all their versions cropped. */
const ManifestCrop = z.object({ preprocessing: Preprocessing });

/**
 * A PNG heat map to lay over the image, or over the frame of a cell of a field, for users who may see images; null if there is
 * none.
 */
export async function evidenceMapImage(
  context: RequestContext & { evidenceMaps: EvidenceMaps },
  id: string,
): Promise<Uint8Array | null> {
  const { id: account } = authorise(context, 'read predictions');
  authorise(context, 'see images');
  if (!(await findPrediction(context, id))) return null; // before the cache, which all users share
  return context.evidenceMaps.find(id, account, context.signal, () => render(context, id));
}

async function render(context: RequestContext, id: string): Promise<Uint8Array | null> {
  const prediction = await context.database.prediction.findUnique({
    where: { id },
    select: {
      evidence: true,
      region: true,
      frame: true,
      repeatOf: { select: { evidence: true } },
      image: { select: { width: true, height: true } },
      modelVersion: { select: { manifest: true } },
    },
  });
  const evidence = prediction?.evidence ?? prediction?.repeatOf?.evidence;
  if (!prediction || !evidence) return null;
  const { image, modelVersion } = prediction;
  const map = decodeEvidence(evidence);
  const frame = boxOf(prediction.frame);
  if (frame && boxOf(prediction.region)) return renderEvidenceMap(map, frame.width, frame.height);
  const { width, height } = image;
  const { crop = 1 } = ManifestCrop.parse(modelVersion.manifest).preprocessing;
  return renderEvidenceMap(map, width, height, frame ?? cropBox(width, height, crop));
}
