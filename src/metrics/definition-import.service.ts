import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { newId } from '../common/uuid.js';
import { fieldChanges } from '../compiler/model/diff.js';
import type { Model } from '../compiler/model/types.js';
import { adviceFor } from './advice.js';
import { tellSwitchedOff, type Tell } from './deactivated.js';
import { definitionOf, type MetricRow } from './definition.js';
import { activeRows, changeTowards, ownDefinitions, type StoredDefinitions } from './definition-change.js';
import { invalidDefinition, memberOf, ownFaults, problemItem } from './definition-fault.js';
import { DefinitionFile, fileProblem, invalidFile, writeDefinitionFile, type FileFinding } from './definition-file.js';
import type { DefinitionImportDto, ImportMode } from './definition-import.dto.js';
import { DefinitionWriter, type Outcome } from './definition-writer.service.js';
import { LibraryService } from './library.service.js';
import type { OwnDefinitions } from './model-snapshot.entity.js';
import { ModelService } from './model.service.js';
import { standardId } from './standard-id.js';
import { readYamlInThread } from './yaml-thread.js';

export interface ImportOptions {
  readonly mode: ImportMode;
  /** Answers what would happen, and writes nothing. */
  readonly dryRun: boolean;
}

/** An organisation's own definitions as a file, out and in. */
@Injectable()
export class DefinitionImportService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly libraryService: LibraryService,
    private readonly models: ModelService,
    private readonly writer: DefinitionWriter,
  ) {}

  /** YAML of the organisation's own definitions. */
  async export(organizationId: string): Promise<string> {
    return writeDefinitionFile(ownDefinitions(await this.models.read(this.database.manager, organizationId, false)));
  }

  /**
   * Takes over a file: all of it in one publication, or nothing. Taking the same file over twice changes nothing.
   * @throws Problem 400 `invalid_file` for its form, 422 `invalid_definition` unless it is a dry run, both with lines
   */
  async import(identity: Identity, text: string, { mode, dryRun }: ImportOptions): Promise<DefinitionImportDto> {
    const { library } = this.libraryService;
    const standardKeys = new Set(library.members.map(({ metric_key: key }) => key));
    const file = await DefinitionFile.read(await readYamlInThread(text), standardKeys);
    if (file.findings.length > 0) throw fileProblem(file.findings, invalidFile);
    let stored: StoredDefinitions | undefined;
    const decide = (current: StoredDefinitions) => {
      stored = current;
      return changeTowards(current, targetOf(current, file, mode));
    };
    const off = new Map(file.deactivated.map((key) => [key, 'this file']));
    const teller = async (model: Model, manager?: EntityManager): Promise<Tell> => {
      const tell = await this.models.teller(identity, model, manager);
      return (diagnostics) => tell(tellSwitchedOff(diagnostics, off, library));
    };
    const refuse = async ({ after: { model } }: Outcome, manager: EntityManager): Promise<void> => {
      const errors = faults(file, stored, model, await teller(model, manager));
      if (errors.length > 0) throw fileProblem(errors, invalidDefinition);
    };
    const outcome = dryRun
      ? await this.writer.preview(identity.organizationId, decide)
      : await this.writer.write(identity, 'import', decide, refuse);
    if (!stored) throw new Error('Nothing was planned');
    const { breaks, views, dashboards } = await this.writer.impact(outcome);
    const { model } = outcome.after;
    const tell = await teller(model);
    return {
      dry_run: dryRun,
      mode,
      valid: faults(file, stored, model, tell).length === 0,
      snapshot: outcome.after.hash,
      ...changesOf(stored, outcome.inputs, file),
      diagnostics: this.diagnostics(file, model, tell),
      breaks,
      views,
      dashboards,
    };
  }

  private diagnostics(file: DefinitionFile, model: Model, tell: Tell): FileFinding[] {
    return file.entries.flatMap(({ definition, pointer }) => {
      const member = memberOf(model, definition.metric_key);
      return [...tell(member.diagnostics), ...adviceFor(member, model, this.libraryService.library)].map((found) =>
        file.at({ ...problemItem(found), pointer: `${pointer}${found.pointer}` }, found.severity),
      );
    });
  }
}

/**
 * What is wrong with the entries themselves; any of it refuses the file. A definition that stands so already may be broken
 * as it is: what was exported can be taken over again.
 */
function faults(file: DefinitionFile, before: StoredDefinitions | undefined, model: Model, tell: Tell): FileFinding[] {
  const old = new Map((before ? activeRows(before) : []).map((row) => [row.metric_key, definitionOf(row)]));
  return file.entries
    .filter(({ definition }) => {
      const earlier = old.get(definition.metric_key);
      return !earlier || fieldChanges({ ...earlier }, { ...definition }).length > 0;
    })
    .flatMap(({ definition, pointer }) =>
      tell(ownFaults(memberOf(model, definition.metric_key))).map((found) =>
        file.at({ ...problemItem(found), pointer: `${pointer}${found.pointer}` }),
      ),
    );
}

/** What the organisation's definitions are to be. A key keeps its row, also one that was deactivated. */
function targetOf(stored: StoredDefinitions, file: DefinitionFile, mode: ImportMode): OwnDefinitions {
  const ids = new Map<string, string>();
  const off = new Set(file.deactivated.map((key) => standardId(stored.organizationId, key)));
  for (const row of stored.rows) if (!row.is_active && !off.has(row.id)) ids.set(row.metric_key, row.id);
  for (const row of activeRows(stored)) ids.set(row.metric_key, row.id);
  if (mode === 'replace') {
    // A row that hides a standard definition by having its id goes, unless the file hides that, too.
    const standard = new Map(
      stored.standard.map(({ metric_key: key }) => [standardId(stored.organizationId, key), key]),
    );
    for (const [name, id] of ids) {
      const hides = standard.get(id);
      if (hides !== undefined && hides !== name && !off.has(id)) ids.delete(name);
    }
  }
  const given = new Map(
    file.entries.map(({ definition }) => [
      definition.metric_key,
      { id: ids.get(definition.metric_key) ?? newId(), ...definition },
    ]),
  );
  if (mode === 'replace') return { metrics: [...given.values()], deactivated: file.deactivated };
  const current = ownDefinitions(stored);
  const others = current.metrics.filter(({ metric_key: key }) => !given.has(key));
  return {
    metrics: [...others, ...given.values()],
    deactivated: [...new Set([...current.deactivated, ...file.deactivated])].sort(),
  };
}

type Changes = Pick<DefinitionImportDto, 'created' | 'updated' | 'unchanged' | 'deactivated' | 'reactivated'>;

function changesOf(before: StoredDefinitions, after: StoredDefinitions, file: DefinitionFile): Changes {
  const byKey = (stored: StoredDefinitions): Map<string, MetricRow> =>
    new Map(activeRows(stored).map((row) => [row.metric_key, row]));
  const [old, now] = [byKey(before), byKey(after)];
  const [offBefore, offAfter] = [ownDefinitions(before).deactivated, ownDefinitions(after).deactivated];
  const keys = file.entries.map(({ definition }) => definition.metric_key).sort();
  const updated = keys.flatMap((key) => {
    const [earlier, later] = [old.get(key), now.get(key)];
    const fields = earlier && later ? fieldChanges({ ...definitionOf(earlier) }, { ...definitionOf(later) }) : [];
    return fields.length > 0 ? [{ metric_key: key, fields }] : [];
  });
  return {
    created: keys.filter((key) => !old.has(key)),
    updated,
    unchanged: keys.filter((key) => old.has(key) && !updated.some((each) => each.metric_key === key)),
    deactivated: [
      ...[...old.keys()].filter((key) => !now.has(key)),
      ...offAfter.filter((key) => !offBefore.includes(key)),
    ].sort(),
    reactivated: offBefore.filter((key) => !offAfter.includes(key) && !now.has(key)),
  };
}
