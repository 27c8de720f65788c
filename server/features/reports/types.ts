import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { RELATIVE_URL } from '../../api/file-url.js';
import { Needs } from '../../api/needs.js';
import { UserError } from '../../api/user-error.js';
import { Case } from '../cases/types.js';
import { LONGEST_CONCLUSION, LONGEST_REASON, MOST_SUPPORTING_CELLS } from './save-report-draft.js';

export enum ReportStatus {
  PRELIMINARY = 'PRELIMINARY',
  FINAL = 'FINAL',
  AMENDED = 'AMENDED',
}
registerEnumType(ReportStatus, {
  name: 'ReportStatus',
  description: 'The state of a report, with the words of FHIR.',
  valuesConfig: {
    PRELIMINARY: { description: 'A draft. Nobody has signed it.' },
    FINAL: { description: 'The first signed report of a case.' },
    AMENDED: { description: 'A later signed report, which replaces the one before it.' },
  },
});

@ObjectType({
  description:
    'A report of a case as it was signed. It never changes. Later reviews, images or texts make an amended report, and both are kept.',
})
export class Report {
  @Field(() => ID)
  id!: string;

  @Field(() => Int, { description: 'Counts the signed reports of the case from 1.' })
  version!: number;

  @Field(() => ReportStatus)
  status!: ReportStatus;

  @Field(() => Date)
  signedAt!: Date;

  @Field(() => String, { description: 'Written by a person.' })
  conclusion!: string;

  @Field(() => String, {
    description: 'Everything that was signed, as canonical JSON (RFC 8785). docs/reports.md describes it.',
  })
  content!: string;

  @Field(() => String, { description: 'SHA-256 of `content` in UTF-8.' })
  digest!: string;

  @Field(() => String, { description: `The report as a PDF. ${RELATIVE_URL}` })
  pdfUrl!: string;

  @Field(() => String, { description: `The report as a FHIR R4 Bundle. ${RELATIVE_URL}` })
  fhirUrl!: string;
}

@ObjectType({ description: 'The next report of a case: what people have written and chosen for it so far.' })
export class ReportDraft {
  @Field(() => ID, { description: 'The id of the case.' })
  id!: string;

  @Field(() => ReportStatus, { description: 'PRELIMINARY.' })
  status!: ReportStatus;

  @Field(() => Int, { description: 'Counts the changes. 0: nobody has written anything.' })
  revision!: number;

  @Field(() => String, { description: 'Empty until somebody has written one.' })
  conclusion!: string;

  @Field(() => String, {
    description: 'Why fewer white cells than the minimum are enough. Empty: no reason is given.',
  })
  fewCellsReason!: string;

  @Field(() => Date, { nullable: true, description: 'When the draft was last changed.' })
  updatedAt!: Date | null;

  @Field(() => String, {
    description:
      'Names what the report says now, with the differential, the reviews and the texts. `signReport` signs exactly this. The value changes ' +
      'with every change of the case.',
  })
  digest!: string;

  @Field(() => String, { description: `The draft as a PDF. ${RELATIVE_URL}` })
  pdfUrl!: string;

  @Field(() => String, { description: `The draft as a FHIR R4 Bundle. ${RELATIVE_URL}` })
  fhirUrl!: string;
}

@InputType()
export class SaveReportDraftInput {
  @Field(() => ID)
  caseId!: string;

  @Field(() => Int, {
    description: 'The revision that the user has seen; 0: none. CONFLICT if the draft has another one now.',
  })
  revision!: number;

  @Field(() => String, {
    description: `At most ${LONGEST_CONCLUSION.toLocaleString('en')} characters. May be empty while it is a draft.`,
  })
  conclusion!: string;

  @Field(() => String, {
    description: `Why fewer white cells than the minimum are enough, which the report states: at most ${LONGEST_REASON} characters. Empty: no reason.`,
  })
  fewCellsReason!: string;

  @Field(() => [ID], {
    description: `The cells of the case that support the conclusion, in the order of the report: at most ${MOST_SUPPORTING_CELLS}.`,
  })
  supportingPredictionIds!: string[];
}

@ObjectType()
export class SaveReportDraftPayload {
  @Needs('read predictions')
  @Field(() => Case, { nullable: true, description: 'Null if there are errors.' })
  case?: Case | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@InputType()
export class SignReportInput {
  @Field(() => ID)
  caseId!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "The signer's own password, again. Left out by people who sign in with an identity provider: they sign in there again first " +
      '(`SignInMethods`), in the same browser session, at most 5 minutes before.',
  })
  password?: string | null;

  @Field(() => String, {
    description:
      'What the signer has read: `Case.reportDraft.digest`. CONFLICT if the report says something else now.',
  })
  digest!: string;
}

@ObjectType()
export class SignReportPayload {
  @Needs('read predictions')
  @Field(() => Case, { nullable: true, description: 'Null if there are errors.' })
  case?: Case | null;

  @Needs('see images')
  @Field(() => Report, { nullable: true, description: 'The signed report. Null if there are errors.' })
  report?: Report | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
