import { authorise } from '../../api/authorise.js';
import { requireId } from '../../api/argument-rules.js';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, UserErrorException, userError } from '../../api/user-error.js';
import { loadModels, loadModelVersions, type ModelVersionRow } from '../models/load-models.js';

/** The model or the version that a caller names. With neither, the default model answers. */
export interface VersionChoice {
  modelName: string | null;
  modelVersionId: string | null;
}

/**
 * The id of the version that will answer: the version that the caller names, or the champion that this server runs.
 * Throws a user error with NOT_FOUND, INVALID or NO_ACTIVE_MODEL.
 */
export async function chooseVersion(context: RequestContext, choice: VersionChoice): Promise<string> {
  if (choice.modelVersionId !== null) return checkedVersion(context, choice.modelVersionId, choice.modelName);
  if (choice.modelName !== null) return championOf(context, choice.modelName);
  return defaultChampion(context);
}

/** The version that {@link chooseVersion} chooses, for users who may read models; null if none can answer. */
export async function findAnsweringVersion(
  context: RequestContext,
  choice: VersionChoice,
): Promise<ModelVersionRow | null> {
  authorise(context, 'read models');
  try {
    const id = await chooseVersion(context, choice);
    return (await batched(context, loadModelVersions).load(id)) ?? null;
  } catch (error) {
    if (error instanceof UserErrorException) return null;
    throw error;
  }
}

async function checkedVersion(
  context: RequestContext,
  id: string,
  modelName: string | null,
): Promise<string> {
  const field = ['input', 'modelVersionId'];
  requireId('mver', id, field);
  const version = await batched(context, loadModelVersions).load(id);
  if (!version) throw userError(UserErrorCode.NOT_FOUND, 'There is no such model version.', field);
  if (version.status !== 'READY') {
    throw userError(
      UserErrorCode.INVALID,
      `Only a READY version can classify images; this version is ${version.status}.`,
      field,
    );
  }
  const model = await batched(context, loadModels).load(version.modelId);
  if (modelName !== null && model?.name !== modelName) {
    throw userError(
      UserErrorCode.INVALID,
      `This version belongs to the model ${model?.name}, not to '${modelName}'. Send only modelName or only modelVersionId.`,
      field,
    );
  }
  return id;
}

function championOf({ served }: RequestContext, modelName: string): string {
  const champion = served.champion(modelName);
  if (champion) return champion.id;

  const field = ['input', 'modelName'];
  const model = served.readiness().find((model) => model.modelName === modelName);
  if (!model) throw userError(UserErrorCode.NOT_FOUND, `There is no model '${modelName}'.`, field);
  throw userError(UserErrorCode.NO_ACTIVE_MODEL, reasonOf(model), field);
}

/** The champion of the default model or, if it has none, the champion of the only model that has one. */
function defaultChampion({ served, config }: RequestContext): string {
  const champion = served.champion(config.defaultModel);
  if (champion) return champion.id;

  const others = served.readiness().filter((model) => model.servedVersionId !== null);
  const [only] = others;
  if (only?.servedVersionId && others.length === 1) return only.servedVersionId;
  const model = served.readiness().find(({ modelName }) => modelName === config.defaultModel);
  throw userError(
    UserErrorCode.NO_ACTIVE_MODEL,
    others.length > 1
      ? `The default model, ${config.defaultModel}, has no champion. Send one of these as modelName: ${others.map(({ modelName }) => modelName).join(', ')}.`
      : model
        ? reasonOf(model)
        : 'No model has a champion yet. Promote a version first.',
  );
}

function reasonOf({ modelName, championVersionId }: { modelName: string; championVersionId: string | null }) {
  return championVersionId === null
    ? `The model ${modelName} has no champion. Promote one of its versions first.`
    : `The champion of ${modelName} cannot be loaded on this server. Roll back, or promote another version.`;
}
