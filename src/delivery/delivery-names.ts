/** Name of the job that runs one occurrence: decides, makes the files, writes the deliveries. */
export const RUN_OCCURRENCE = 'run-occurrence';
export interface RunOccurrence extends Record<string, unknown> {
  readonly occurrence_id: string;
}

/** Name of the job that sends one delivery. */
export const SEND_DELIVERY = 'send-delivery';
export interface SendDelivery extends Record<string, unknown> {
  readonly delivery_id: string;
}
