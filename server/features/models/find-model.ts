import { authorise } from '../../api/authorise.js';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { isId } from '../../database/ids.js';
import { type ApprovalView, loadApprovals } from './promotions/approvals.js';
import { type EvaluationView, loadEvaluations } from './evaluations/load-evaluations.js';
import { type ModelRow, type ModelVersionRow, loadModels, loadModelVersions } from './load-models.js';
import { type PromotionView, loadPromotions } from './promotions/load-promotions.js';

// Each function finds a row by id for viewers who may read models, and returns null if there is none.

export async function findModel(context: RequestContext, id: string): Promise<ModelRow | null> {
  authorise(context, 'read models');
  return isId('model', id) ? batched(context, loadModels).load(id) : null;
}

export async function findModelVersion(context: RequestContext, id: string): Promise<ModelVersionRow | null> {
  authorise(context, 'read models');
  return isId('mver', id) ? batched(context, loadModelVersions).load(id) : null;
}

export async function findEvaluation(context: RequestContext, id: string): Promise<EvaluationView | null> {
  authorise(context, 'read models');
  return isId('eval', id) ? batched(context, loadEvaluations).load(id) : null;
}

export async function findPromotion(context: RequestContext, id: string): Promise<PromotionView | null> {
  authorise(context, 'read models');
  return isId('prom', id) ? batched(context, loadPromotions).load(id) : null;
}

export async function findPromotionApproval(
  context: RequestContext,
  id: string,
): Promise<ApprovalView | null> {
  authorise(context, 'read models');
  return isId('appr', id) ? batched(context, loadApprovals).load(id) : null;
}
