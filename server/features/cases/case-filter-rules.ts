import { type ArgumentRule, idOf, LONGEST_CASE_REFERENCE, partOfText } from '../../api/argument-rules.js';

/** What values of a filter of cases can match anything. The ids are also looked up, by `listCases`. */
export const caseFilterRules = {
  search: partOfText(1, LONGEST_CASE_REFERENCE),
  siteId: idOf('site'),
  workedOnById: idOf('user'),
} as const satisfies Record<string, ArgumentRule>;
