/** Content security policy of a report's page: it runs no script and loads nothing, since all that it needs is in it. */
export const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:";
