/**
 * SQL that selects the id of the recorded first answer to a question: none or one.
 * @param question a row with the columns of a `Question`, such as 'question'
 */
export function firstAnswerTo(question: string): string {
  return `
    SELECT p.id FROM "Prediction" p
    WHERE p."imageSha256" = ${question}."imageSha256" AND p."modelVersionId" = ${question}."modelVersionId"
      AND p.region = ${question}.region::int[]
      AND p."siteId" IS NOT DISTINCT FROM ${question}."siteId"
      AND p."repeatOfId" IS NULL -- the condition of the partial index
      AND cardinality(p.frame) = 4 -- the picture's content was checked
    LIMIT 1`;
}
