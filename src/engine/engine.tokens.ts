/** Injection token of the {@link Engine} that this process runs on. */
export const ENGINE = Symbol('ENGINE');
