export { renderReport } from './report.ts';
export type { ReportMeta } from './report-meta.ts';
export { HISTORY_FILE, readRunFolder, writeDescription, writeReport } from './run-folder.ts';
