import type { Door, Identity } from '../access/identity.js';

/** Who did something, and through which door. */
export interface Actor {
  /** Null for a key that belongs to no person, and for the product itself. */
  readonly userId: string | null;
  /** Public id of the key; null for the product itself. */
  readonly keyId: string | null;
  readonly role: string | null;
  readonly door: Door;
}

export const actorOf = ({
  userId,
  keyId,
  role,
  door,
}: Pick<Identity, 'userId' | 'keyId' | 'role' | 'door'>): Actor => ({
  userId,
  keyId,
  role,
  door: door ?? 'rest',
});

/** The product's own work: recovery, periodic jobs, the first start, the command line on the machine itself. */
export const ownWork = (door: Extract<Door, 'job' | 'setup' | 'command_line'>): Actor => ({
  userId: null,
  keyId: null,
  role: null,
  door,
});
