const CODES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Whether a text is a currency that is known by this ISO 4217 code, in capitals. */
export const isCurrency = (value: unknown): boolean => typeof value === 'string' && CODES.has(value);
