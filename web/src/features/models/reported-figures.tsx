import type { ReportedFiguresFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Section } from '../../ui/section.js';
import { extentOf } from './evaluation-view.js';
import { Figures } from './figures.js';

export const reportedFiguresFragment = graphql(`
  fragment ReportedFigures on ReportedMetrics {
    split
    ...VersionFigures
  }
`);

interface ReportedFiguresProps {
  figures: ReportedFiguresFragment;
  positiveLabel: string;
  openAtFirst: boolean;
}

/** The metrics that came with a version's artifact. They were not measured on this server. */
export function ReportedFigures({ figures, ...props }: ReportedFiguresProps) {
  return (
    <Section
      title={`Reported metrics, ${figures.split} split`}
      hint={`${extentOf(figures)}. These metrics came with the artifact. They were not measured on this server.`}
    >
      <Figures figures={figures} {...props} />
    </Section>
  );
}
