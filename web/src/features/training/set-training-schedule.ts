import type { ScheduleDetailsFragment, SetTrainingScheduleInput } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';

export const scheduleDetailsFragment = graphql(`
  fragment ScheduleDetails on TrainingSchedule {
    id
    modelName
    datasetName
    positiveLabel
    cron
    enabled
    acknowledgedFindings
    parameters {
      name
      value
    }
    nextRunAt
    lastTickAt
    lastOutcome
    lastRun {
      id
    }
  }
`);

export const setTrainingScheduleMutation = graphql(`
  mutation SetTrainingSchedule($input: SetTrainingScheduleInput!) {
    setTrainingSchedule(input: $input) {
      schedule {
        ...ScheduleDetails
      }
      userErrors {
        code
        message
      }
    }
  }
`);

/** The mutation input that sets a schedule to its current values. */
export function toInput({
  modelName,
  datasetName,
  positiveLabel,
  cron,
  enabled,
  acknowledgedFindings,
  parameters,
}: ScheduleDetailsFragment): SetTrainingScheduleInput {
  return {
    modelName,
    datasetName,
    positiveLabel,
    cron,
    enabled,
    acknowledgedFindings,
    parameters: parameters.map(({ name, value }) => ({ name, value })),
  };
}
