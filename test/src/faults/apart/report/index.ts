export { type ReportFiles, renderReport } from './report.ts';
export type { ReportMeta } from './report-meta.ts';
export { HISTORY_FILE, type RunDescription, readRunFolder, writeDescription, writeReport } from './run-folder.ts';
