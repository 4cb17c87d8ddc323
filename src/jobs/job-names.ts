/** Every job that there is; a process that works has exactly one handler for each, or does not start. */
export const JOB_NAMES = [
  'run-occurrence',
  'send-delivery',
  'refresh-journeys',
  'attribution-run',
  'attribution-update',
] as const;
