import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { acrossOrganizations } from '../access/tenancy/scope.js';
import { Problem } from '../common/problem.js';
import { isUuid } from '../common/uuid.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { kept } from '../reports/render/words/said.js';
import { installationKey } from '../secrets/installation-keys.js';
import { KEEP_FILES_DAYS } from './report-store.js';

/** What a link in a mail opens without a log-in: the report's page, one of its files, or the way out of a mailing. */
export type LinkTarget =
  | { readonly kind: 'r'; readonly occurrence: string }
  | { readonly kind: 'f'; readonly occurrence: string; readonly name: string }
  | { readonly kind: 'u'; readonly occurrence: string; readonly address: string };

/** `expires` in seconds since 1970. */
type SignedPayload = readonly [kind: string, occurrence: string, expires: number, subject: string];

const KEY_NAME = 'signed-links';
const DAY_MS = 86_400_000;

/**
 * Links that carry what they open and until when, signed with HMAC-SHA-256 under a key of the installation. The key is made
 * once and lies in the system of record, so that each process can check what another has signed; sealed where there is a
 * `SECRETS_KEY`.
 */
@Injectable()
export class SignedLinks {
  private key: Promise<Buffer> | null = null;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    @Optional() private readonly host?: HttpAdapterHost,
  ) {}

  /** The whole URL; links to a report end with its files, the way out of a mailing after a year. */
  async url(target: LinkTarget, now: Date = new Date()): Promise<string> {
    const expires = now.getTime() + (target.kind === 'u' ? 365 : KEEP_FILES_DAYS) * DAY_MS;
    const subject = target.kind === 'f' ? target.name : target.kind === 'u' ? target.address : '';
    const payload = Buffer.from(JSON.stringify([target.kind, target.occurrence, Math.floor(expires / 1_000), subject]));
    const signature = await this.sign(payload);
    return `${this.base()}/${target.kind}/${payload.toString('base64url')}.${signature.toString('base64url')}`;
  }

  /**
   * What a token opens.
   * @throws Problem 404 `link_invalid` or 410 `link_expired`
   */
  async open<K extends LinkTarget['kind']>(kind: K, token: string): Promise<Extract<LinkTarget, { kind: K }>> {
    const signed = await this.read(token);
    if (signed === null) throw invalid();
    const [signedKind, occurrence, expires, subject] = signed;
    if (signedKind !== kind || !isUuid(occurrence)) throw invalid();
    if (expires * 1_000 < Date.now()) {
      throw new Problem(410, 'link_expired', kept('link_expired'));
    }
    return { kind, occurrence, name: subject, address: subject } as unknown as Extract<LinkTarget, { kind: K }>;
  }

  /** The occurrence that a token of ours is about, even after its time; null for any other. */
  async occurrenceOf(token: string): Promise<string | null> {
    const [, occurrence = ''] = (await this.read(token)) ?? [];
    return isUuid(occurrence) ? occurrence : null;
  }

  /** What a token says; null where it is not signed by us. */
  private async read(token: string): Promise<SignedPayload | null> {
    const [payload = '', signature = '', ...more] = token.split('.');
    const bytes = Buffer.from(payload, 'base64url');
    const given = Buffer.from(signature, 'base64url');
    const expected = await this.sign(bytes);
    const isOurs = more.length === 0 && given.length === expected.length && timingSafeEqual(given, expected);
    return isOurs ? (JSON.parse(bytes.toString('utf8')) as SignedPayload) : null;
  }

  /** Where links lead: with the port that was taken, where none was chosen. */
  private base(): string {
    const base = new URL(this.config.publicUrl);
    const server = this.host?.httpAdapter?.getHttpServer() as Server | undefined;
    if (base.port === '0') base.port = String((server?.address() as AddressInfo | null)?.port ?? 0);
    return base.href.replace(/\/$/, '');
  }

  private async sign(payload: Buffer): Promise<Buffer> {
    this.key ??= this.readKey().catch((error: unknown) => {
      this.key = null;
      throw error;
    });
    return createHmac('sha256', await this.key)
      .update(payload)
      .digest();
  }

  private readKey(): Promise<Buffer> {
    return acrossOrganizations('the key of signed links', () =>
      installationKey(this.database, this.config.secretKeys, KEY_NAME),
    );
  }
}

const invalid = (): Problem => new Problem(404, 'link_invalid', kept('link_invalid'));
