import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CustomRole } from '../access/custom-role.entity.js';
import type { Role } from '../access/identity.js';
import { unprocessable, type ProblemItem } from '../common/problem.js';
import { isUuid } from '../common/uuid.js';
import type { Model } from '../compiler/model/types.js';
import { BASE_DIMENSIONS } from '../compiler/cube/base.js';
import { resolveMember } from '../compiler/model/build.js';
import { Mistakes } from '../compiler/query/mistakes.js';
import { planRows } from '../compiler/query/policy-rows.js';
import type { Filter } from '../compiler/query/types.js';
import { nearestNames } from '../common/nearest.js';
import { ModelService } from '../metrics/model.service.js';
import { ShapeReader } from '../query/request.js';

/** What role someone or something gets. */
export interface Assignment {
  readonly role: Role;
  readonly custom_role_id: string | null;
}

/** The same, with what the custom role says. */
export interface FoundAssignment {
  readonly assignment: Assignment;
  readonly custom: CustomRole | null;
}

/** Checks what narrows a role before it is written, so that no rule is there that does not do what it says. */
@Injectable()
export class Assignments {
  constructor(private readonly models: ModelService) {}

  /** @throws Problem 422 where neither or both are given, or there is no such custom role */
  async role(
    manager: EntityManager,
    organizationId: string,
    given: { readonly role?: Role | null; readonly custom_role_id?: string | null },
  ): Promise<FoundAssignment> {
    const { role = null, custom_role_id: id = null } = given;
    if (id === null) {
      if (role !== null) return { assignment: { role, custom_role_id: null }, custom: null };
      throw refusal('role_required', 'Give a role, or the id of a custom role.', '/role');
    }
    const custom = isUuid(id) ? await manager.findOneBy(CustomRole, { id, organization_id: organizationId }) : null;
    if (!custom)
      throw refusal('unknown_role', `There is no custom role with the id ${id.slice(0, 80)}.`, '/custom_role_id');
    if (role !== null && role !== custom.base_role) {
      const message = `The custom role “${custom.name}” narrows ${custom.base_role}; leave “role” out.`;
      throw refusal('role_mismatch', message, '/role');
    }
    return { assignment: { role: custom.base_role, custom_role_id: id }, custom };
  }

  /** Conditions on rows, checked against the model. @throws Problem 400 or 422 with each mistake */
  async rows(organizationId: string, given: readonly unknown[]): Promise<Filter[]> {
    if (given.length === 0) return [];
    const reader = new ShapeReader();
    const rows = given.flatMap((each, index) => reader.filter(each, `/rows/${index}`) ?? []);
    reader.done();
    const mistakes = new Mistakes();
    planRows(rows, await this.model(organizationId), new Date(), mistakes);
    if (!mistakes.any) return rows;
    const { code, detail, errors } = mistakes.problem();
    throw unprocessable(
      code,
      detail,
      errors.map((item) => ({ ...item, pointer: (item.pointer ?? '').replace(/^\/filters/, '/rows') })),
    );
  }

  /** @throws Problem 422 where a name is no member: such a rule would do nothing */
  async members(
    organizationId: string,
    lists: Readonly<Record<string, readonly string[] | null | undefined>>,
  ): Promise<void> {
    const named = Object.entries(lists).flatMap(([field, names]) =>
      (names ?? []).map((name, index) => ({ name, pointer: `/${field}/${index}` })),
    );
    if (named.length === 0) return;
    const model = await this.model(organizationId);
    const bases: readonly string[] = BASE_DIMENSIONS.map(({ key }) => key);
    const known = [...model.members.map(({ key }) => key), ...bases];
    const errors = named
      .filter(({ name }) => !resolveMember(model, name) && !bases.includes(name))
      .map(({ name, pointer }): ProblemItem => {
        const suggestions = nearestNames(name, known);
        const message = `There is no metric or dimension “${name.slice(0, 80)}”.`;
        return { code: 'unknown_member', message, pointer, ...(suggestions.length > 0 ? { suggestions } : {}) };
      });
    if (errors.length > 0) throw unprocessable('unknown_member', errors[0]?.message ?? '', errors);
  }

  private async model(organizationId: string): Promise<Model> {
    return (await this.models.live(organizationId)).snapshot.model;
  }
}

export const refusal = (code: string, message: string, pointer: string): ReturnType<typeof unprocessable> =>
  unprocessable(code, message, [{ code, message, pointer }]);
