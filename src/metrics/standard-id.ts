import { uuidV5 } from '../common/uuid.js';

/**
 * The id under which a standard metric appears in an organisation. An organisation's own row with this id stands in
 * for it: active, it overrides the standard one; inactive, it hides it.
 */
export const standardId = (organizationId: string, key: string): string => uuidV5(`standard:${key}`, organizationId);
