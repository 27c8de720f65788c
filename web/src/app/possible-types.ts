/** The types of each interface that the app has a fragment on. Without them the cache leaves out what the fragment asks for. */
export const possibleTypes: Record<string, string[]> = {
  Figures: ['ComparedFigures', 'Evaluation', 'FitMetrics', 'ReportedMetrics'],
};
