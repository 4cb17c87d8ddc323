import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { Plans } from '../plans/plans.service.js';
import type { Branding } from '../reports/render/document.js';
import type { BrandingDto, CurrentBrandingDto } from './branding.dto.js';
import { readBranding, type BrandingFields } from './read-branding.js';

interface BrandingRow {
  readonly name: string | null;
  readonly accent: string | null;
  readonly footer: string | null;
  readonly logo: Buffer | null;
  readonly logo_type: 'image/png' | 'image/jpeg' | null;
  readonly logo_width: number | null;
  readonly logo_height: number | null;
}

const COLUMNS = 'name, accent, footer, logo, logo_type, logo_width, logo_height';

/** What an organisation puts on its reports. It is kept when a plan no longer shows it, and shown again when one does. */
@Injectable()
export class BrandingService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly plans: Plans,
    private readonly audit: AuditTrail,
  ) {}

  async get(identity: Identity): Promise<CurrentBrandingDto> {
    const row = await read(this.database.manager, identity.organizationId);
    return { ...present(brandingOf(row)), is_shown: await this.isShown(identity) };
  }

  /** @throws Problem 400 `invalid_request` */
  async put(identity: Identity, body: unknown): Promise<CurrentBrandingDto> {
    const fields = readBranding(body);
    await this.write(identity, fields);
    return this.get(identity);
  }

  async delete(identity: Identity): Promise<void> {
    await this.write(identity, null);
  }

  /** For a page; null where there is none or the plan does not show it. */
  async shownTo(identity: Pick<Identity, 'organizationId' | 'state'>): Promise<Branding | null> {
    if (!(await this.isShown(identity))) return null;
    return brandingOf(await read(this.database.manager, identity.organizationId));
  }

  private async isShown(identity: Pick<Identity, 'organizationId' | 'state'>): Promise<boolean> {
    return (await this.plans.of(identity)).features.includes('white_label');
  }

  private write(identity: Identity, fields: BrandingFields | null): Promise<void> {
    const { organizationId } = identity;
    return this.database.transaction(async (manager) => {
      const before = await read(manager, organizationId);
      if (fields === null) {
        await manager.query('DELETE FROM organization_branding WHERE organization_id = $1', [organizationId]);
      } else {
        const { name, accent, footer, logo } = fields;
        await manager.query(
          `INSERT INTO organization_branding (organization_id, ${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (organization_id) DO UPDATE SET name = excluded.name, accent = excluded.accent,
             footer = excluded.footer, logo = excluded.logo, logo_type = excluded.logo_type,
             logo_width = excluded.logo_width, logo_height = excluded.logo_height, updated_at = now()`,
          [
            organizationId,
            name,
            accent,
            footer,
            logo?.bytes ?? null,
            logo?.type ?? null,
            logo?.width ?? null,
            logo?.height ?? null,
          ],
        );
      }
      await this.audit.record(manager, {
        organizationId,
        actor: actorOf(identity),
        action: fields === null ? 'organization_branding.delete' : 'organization_branding.update',
        entity: ['organization', organizationId],
        before: told(before),
        after: told(await read(manager, organizationId)),
      });
    });
  }
}

async function read(manager: EntityManager, organizationId: string): Promise<BrandingRow | null> {
  const [row] = await manager.query<BrandingRow[]>(
    `SELECT ${COLUMNS} FROM organization_branding WHERE organization_id = $1`,
    [organizationId],
  );
  return row ?? null;
}

function brandingOf(row: BrandingRow | null): Branding | null {
  if (row === null) return null;
  const { name, accent, footer, logo, logo_type: type, logo_width: width, logo_height: height } = row;
  const picture =
    logo && type && width !== null && height !== null ? { type, base64: logo.toString('base64'), width, height } : null;
  return { name, accent, footer, logo: picture };
}

const present = (branding: Branding | null): BrandingDto => ({
  name: branding?.name ?? null,
  accent: branding?.accent ?? null,
  footer: branding?.footer ?? null,
  logo: branding?.logo ? `data:${branding.logo.type};base64,${branding.logo.base64}` : null,
});

/** For the trail: which logo, not its bytes. */
const told = (row: BrandingRow | null): unknown =>
  row && {
    name: row.name,
    accent: row.accent,
    footer: row.footer,
    logo_sha256: row.logo ? createHash('sha256').update(row.logo).digest('hex') : null,
  };
