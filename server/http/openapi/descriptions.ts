import { auditExportDescriptions } from '../export/audit-export.js';
import { predictionExportDescription } from '../export/prediction-export.js';
import { fileDescriptions } from '../files.js';
import { healthDescriptions } from '../health.js';
import { metricsDescription } from '../metrics-route.js';
import { predictDescription } from '../predict.js';
import { reportFileDescriptions } from '../report-files.js';
import type { RouteDescription } from './route-description.js';

/** Every route for programs, as the router names it. A test compares this list with the router. */
export const DESCRIPTIONS: Readonly<Record<string, RouteDescription>> = {
  'POST /predict': predictDescription,
  ...fileDescriptions,
  ...reportFileDescriptions,
  'GET /export/predictions': predictionExportDescription,
  ...auditExportDescriptions,
  ...healthDescriptions,
  'GET /metrics': metricsDescription,
};
