import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { batched, forgetBatches } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { fileUrl } from '../../api/file-url.js';
import { Needs } from '../../api/needs.js';
import { type UserError, withUserErrors } from '../../api/user-error.js';
import { loadUsers } from '../accounts/load-users.js';
import { User } from '../accounts/types.js';
import { type CaseRow, loadCases } from '../cases/load-cases.js';
import { Case } from '../cases/types.js';
import { loadPredictions } from '../predictions/load-predictions.js';
import { Prediction } from '../predictions/types.js';
import { loadCurrentReports } from './current-report.js';
import { type Draft, loadDrafts } from './load-draft.js';
import { loadReportsOfCases, type ReportRow, signedContentOf } from './load-reports.js';
import { saveReportDraft } from './save-report-draft.js';
import { signReport } from './sign-report.js';
import {
  Report,
  ReportDraft,
  ReportStatus,
  SaveReportDraftInput,
  SaveReportDraftPayload,
  SignReportInput,
  SignReportPayload,
} from './types.js';

@Resolver(() => Case)
export class CaseReportResolver {
  @Needs('see images')
  @FieldResolver(() => [Report], { description: 'The signed reports, newest first. Empty for auditors.' })
  async reports(@Root() { id }: CaseRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadReportsOfCases).load(id)) ?? [];
  }

  @Needs('see images')
  @FieldResolver(() => ReportDraft, { nullable: true, description: 'The next report. Null for auditors.' })
  reportDraft(@Root() { id }: CaseRow, @Ctx() context: RequestContext) {
    return batched(context, loadDrafts).load(id);
  }

  @FieldResolver(() => [String], {
    description:
      'What still prevents signing the report, in sentences that say what to do. Empty: it can be signed now.',
  })
  async signingObstacles(@Root() { id }: CaseRow, @Ctx() context: RequestContext): Promise<string[]> {
    return (await batched(context, loadCurrentReports).load(id))?.obstacles ?? [];
  }

  @FieldResolver(() => [String], {
    description:
      'What has changed since the newest report was signed, in sentences, such as new reviews. Empty if there is none.',
  })
  async changesSinceSigned(@Root() { id }: CaseRow, @Ctx() context: RequestContext): Promise<string[]> {
    return (await batched(context, loadCurrentReports).load(id))?.changes ?? [];
  }

  @Mutation(() => SaveReportDraftPayload, {
    description:
      'Saves what a person writes and chooses for the next report of a case. For a signed case, it becomes an amended report when it is signed.',
  })
  saveReportDraft(
    @Ctx() context: RequestContext,
    @Arg('input', () => SaveReportDraftInput) input: SaveReportDraftInput,
  ) {
    return withUserErrors<{ case: CaseRow | null; userErrors: UserError[] }>(async () => {
      const { supportingPredictionIds, ...draft } = input;
      await saveReportDraft(context, { ...draft, supportingIds: supportingPredictionIds });
      forgetBatches(context);
      return { case: await batched(context, loadCases).load(input.caseId) };
    });
  }

  @Mutation(() => SignReportPayload, {
    description:
      'Signs the report of a case. The signer gives their password again. What was signed is kept unchanged; a case that was signed before ' +
      'gets an amended report. Only for signed-in people, not for API tokens. People who sign in with an identity provider have no password: ' +
      'they sign in there again.',
  })
  signReport(@Ctx() context: RequestContext, @Arg('input', () => SignReportInput) input: SignReportInput) {
    return withUserErrors<{ case: CaseRow | null; report: ReportRow | null; userErrors: UserError[] }>(
      async () => {
        const id = await signReport(context, input);
        forgetBatches(context);
        const reports = await batched(context, loadReportsOfCases).load(input.caseId);
        return {
          case: await batched(context, loadCases).load(input.caseId),
          report: reports?.find((report) => report.id === id) ?? null,
        };
      },
    );
  }
}

@Resolver(() => Report)
export class ReportResolver {
  @FieldResolver(() => ReportStatus)
  status(@Root() { version }: ReportRow): ReportStatus {
    return version === 1 ? ReportStatus.FINAL : ReportStatus.AMENDED;
  }

  @FieldResolver(() => User)
  signedBy(@Root() { signedById }: ReportRow, @Ctx() context: RequestContext) {
    return batched(context, loadUsers).load(signedById);
  }

  @FieldResolver(() => String)
  conclusion(@Root() report: ReportRow): string {
    return signedContentOf(report).conclusion;
  }

  @FieldResolver(() => String)
  pdfUrl(@Root() { id }: ReportRow, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/reports/${id}/report.pdf`);
  }

  @FieldResolver(() => String)
  fhirUrl(@Root() { id }: ReportRow, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/reports/${id}/bundle.json`);
  }
}

@Resolver(() => ReportDraft)
export class ReportDraftResolver {
  @FieldResolver(() => String)
  id(@Root() { caseId }: Draft): string {
    return caseId;
  }

  @FieldResolver(() => ReportStatus)
  status(): ReportStatus {
    return ReportStatus.PRELIMINARY;
  }

  @FieldResolver(() => [Prediction], {
    description: 'The cells that support the conclusion, in the order of the report.',
  })
  async supportingCells(@Root() { caseId }: Draft, @Ctx() context: RequestContext) {
    const current = await batched(context, loadCurrentReports).load(caseId);
    const ids = current?.content.supportingCells.map(({ predictionId }) => predictionId) ?? [];
    const cells = await Promise.all(ids.map((id) => batched(context, loadPredictions).load(id)));
    return cells.flatMap((cell) => cell ?? []);
  }

  @FieldResolver(() => User, { nullable: true, description: 'Who changed the draft last.' })
  updatedBy(@Root() { updatedById }: Draft, @Ctx() context: RequestContext) {
    return updatedById && batched(context, loadUsers).load(updatedById);
  }

  @FieldResolver(() => String)
  async digest(@Root() { caseId }: Draft, @Ctx() context: RequestContext): Promise<string> {
    return (await batched(context, loadCurrentReports).load(caseId))?.digest ?? '';
  }

  @FieldResolver(() => String)
  pdfUrl(@Root() { caseId }: Draft, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/cases/${caseId}/draft-report.pdf`);
  }

  @FieldResolver(() => String)
  fhirUrl(@Root() { caseId }: Draft, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/cases/${caseId}/draft-report.json`);
  }
}
