/** The code of each page, by the path of its route. It is loaded on the first visit. */
export const pages = {
  classify: async () => ({
    Component: (await import('../features/predictions/classify-page.js')).ClassifyPage,
  }),
  cases: async () => ({ Component: (await import('../features/cases/cases-page.js')).CasesPage }),
  'cases/:id': async () => ({ Component: (await import('../features/cases/case-page.js')).CasePage }),
  'cases/:id/report': async () => ({
    Component: (await import('../features/reports/report-page.js')).ReportPage,
  }),
  folders: async () => ({ Component: (await import('../features/bulk/folders-page.js')).FoldersPage }),
  'folders/:id': async () => ({ Component: (await import('../features/bulk/folder-page.js')).FolderPage }),
  predictions: async () => ({
    Component: (await import('../features/predictions/history-page.js')).HistoryPage,
  }),
  'predictions/:id': async () => ({
    Component: (await import('../features/predictions/prediction-page.js')).PredictionPage,
  }),
  fields: async () => ({ Component: (await import('../features/fields/fields-page.js')).FieldsPage }),
  'fields/:id': async () => ({ Component: (await import('../features/fields/field-page.js')).FieldPage }),
  models: async () => ({ Component: (await import('../features/models/models-page.js')).ModelsPage }),
  'models/:name': async () => ({ Component: (await import('../features/models/model-page.js')).ModelPage }),
  'models/:name/compare': async () => ({
    Component: (await import('../features/models/comparison/compare-page.js')).ComparePage,
  }),
  'models/:name/monitoring': async () => ({
    Component: (await import('../features/monitoring/monitoring-page.js')).MonitoringPage,
  }),
  'model-versions/:id': async () => ({
    Component: (await import('../features/models/model-version-page.js')).ModelVersionPage,
  }),
  'model-versions/:id/fit': async () => ({
    Component: (await import('../features/fitting/new-fit-page.js')).NewFitPage,
  }),
  'fits/:id': async () => ({ Component: (await import('../features/fitting/fit-page.js')).FitPage }),
  'second-looks/:id': async () => ({
    Component: (await import('../features/fitting/second-look-page.js')).SecondLookPage,
  }),
  readings: async () => ({ Component: (await import('../features/readings/readings-page.js')).ReadingsPage }),
  'readings/new': async () => ({
    Component: (await import('../features/readings/new-reading-page.js')).NewReadingPage,
  }),
  'readings/:id': async () => ({
    Component: (await import('../features/readings/reading-page.js')).ReadingPage,
  }),
  'double-readings/:id': async () => ({
    Component: (await import('../features/readings/double-reading-page.js')).DoubleReadingPage,
  }),
  datasets: async () => ({ Component: (await import('../features/datasets/datasets-page.js')).DatasetsPage }),
  'datasets/:id': async () => ({
    Component: (await import('../features/datasets/dataset-page.js')).DatasetPage,
  }),
  training: async () => ({ Component: (await import('../features/training/training-page.js')).TrainingPage }),
  'training/new': async () => ({
    Component: (await import('../features/training/new-run-page.js')).NewRunPage,
  }),
  'training/:id': async () => ({ Component: (await import('../features/training/run-page.js')).RunPage }),
  audit: async () => ({ Component: (await import('../features/audit/audit-page.js')).AuditPage }),
  people: async () => ({ Component: (await import('../features/accounts/people-page.js')).PeoplePage }),
  'people/:id': async () => ({ Component: (await import('../features/accounts/person-page.js')).PersonPage }),
  webhooks: async () => ({ Component: (await import('../features/webhooks/webhooks-page.js')).WebhooksPage }),
  account: async () => ({
    Component: (await import('../features/accounts/my-account-page.js')).MyAccountPage,
  }),
  graphql: async () => ({ Component: (await import('../features/graphiql/graphiql-page.js')).GraphiqlPage }),
};

export type PagePath = keyof typeof pages;

/**
 * Loads the code of the page at an address, so that it arrives beside the app, which asks for it only when it runs. A failure shows when the
 * page is displayed.
 * @param address below the base path, without a slash at its start: 'cases/case_1'
 */
export function loadPageAt(address: string): void {
  const page = Object.entries(pages).find(([path]) => addressesOf(path).test(address));
  void page?.[1]().catch(() => undefined);
}

function addressesOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}/?$`);
}
