import type { ReportedFiguresFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Section } from '../../ui/section.js';
import { extentOf } from './evaluation-view.js';
import { Figures } from './figures.js';

export const reportedFiguresFragment = graphql(`
  fragment ReportedFigures on ReportedMetrics {
    split
    itemCount
    groupCount
    auc {
      ...Estimate
    }
    sensitivity {
      ...Estimate
    }
    specificity {
      ...Estimate
    }
    balancedAccuracy {
      ...Estimate
    }
    expectedCalibrationError
    brierScore
    abstentionRate
    confusionMatrix {
      actual
      predicted
      count
    }
    rocCurve {
      x
      y
    }
    reliabilityCurve {
      x
      y
    }
  }
`);

interface ReportedFiguresProps {
  figures: ReportedFiguresFragment;
  positiveLabel: string;
  openAtFirst: boolean;
}

/** What a version's maker measured, which came with it and was not measured here. */
export function ReportedFigures({ figures, ...props }: ReportedFiguresProps) {
  return (
    <Section
      title={`As reported by its maker, ${figures.split} split`}
      hint={`${extentOf(figures)}. These figures are part of the artifact; they were not measured here.`}
    >
      <Figures figures={figures} {...props} />
    </Section>
  );
}
