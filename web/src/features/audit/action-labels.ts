/** The text of every action in the audit trail. */
export const actionLabels: Record<string, string> = {
  SIGNED_IN: 'Signed in',
  SIGNED_OUT: 'Signed out',
  PASSWORD_CHANGED: 'Password changed',
  FIRST_ADMIN_CREATED: 'First administrator created',
  ONE_TIME_PASSWORD_RENEWED: 'One-time password renewed',
  API_TOKEN_CREATED: 'API token created',
  API_TOKEN_REVOKED: 'API token revoked',
  IMAGE_CLASSIFIED: 'Image classified',
  IMAGES_VIEWED: 'Images viewed',
  EVIDENCE_MAPS_VIEWED: 'Evidence maps viewed',
  CASE_SEARCHED: 'Case searched for',
  MODEL_FILES_DOWNLOADED: 'Model files downloaded',
  AUDIT_TRAIL_EXPORTED: 'Audit trail exported',
  ACCESS_REFUSED: 'Access refused',
  BULK_CLASSIFICATION_STARTED: 'Folder classification started',
  BULK_CLASSIFICATION_CANCELLED: 'Folder classification cancelled',
  PREDICTION_REVIEWED: 'Prediction reviewed',
  MODEL_VERSION_REGISTERED: 'Model version registered',
  MODEL_VERSION_PROMOTED: 'Model version promoted',
  MODEL_ROLLED_BACK: 'Model rolled back',
  MODEL_VERSION_RETIRED: 'Model version retired',
  MODEL_VERSION_ARCHIVED: 'Model version archived',
  PROMOTION_APPROVED: 'Promotion approved',
  DATASET_SNAPSHOT_CREATED: 'Dataset snapshot created',
  TRAINING_STARTED: 'Training started',
  TRAINING_CANCELLED: 'Training cancelled',
  MODEL_EVALUATION_STARTED: 'Evaluation started',
  TRAINING_SCHEDULE_SET: 'Training schedule set',
  TRAINING_SCHEDULE_TICKED: 'Scheduled training checked',
};

/** The text of an action. One that a newer server added is made readable: 'CASE_ERASED' becomes 'Case erased'. */
export function actionLabel(action: string): string {
  const words = action.toLowerCase().replaceAll('_', ' ');
  return actionLabels[action] ?? words.charAt(0).toUpperCase() + words.slice(1);
}
