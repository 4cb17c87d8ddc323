/** Checks files of definitions against the standard library, without a server or a store. */
import { buildModel } from '../compiler/model/build.js';
import type { Library } from '../compiler/model/library.js';
import { newId } from '../common/uuid.js';
import { adviceFor } from './advice.js';
import { tellSwitchedOff } from './deactivated.js';
import { definitionOf } from './definition.js';
import {
  activeRows,
  applyChange,
  changeTowards,
  visibleStandard,
  type StoredDefinitions,
} from './definition-change.js';
import { memberOf, problemItem } from './definition-fault.js';
import { DefinitionFile, type FileEntry, type FileFinding } from './definition-file.js';
import { readYaml } from './yaml-content.js';

export interface CheckedFiles {
  /** By file and line. */
  readonly findings: readonly (FileFinding & { readonly path: string })[];
  readonly definitions: number;
}

/** Any organisation's: what is checked does not depend on it. */
const SETTINGS = { currency: 'USD', time_zone: 'UTC', week_start: 1 };

/** @param files all definitions of one organisation, in one file or several */
export async function checkFiles(
  files: readonly { readonly path: string; readonly text: string }[],
  library: Library,
): Promise<CheckedFiles> {
  const standardKeys = new Set(library.members.map(({ metric_key: key }) => key));
  const findings: (FileFinding & { path: string })[] = [];
  const entries = new Map<string, { path: string; file: DefinitionFile; entry: FileEntry }>();
  const deactivated = new Map<string, string>();
  for (const { path, text } of files) {
    const file = await DefinitionFile.read(readYaml(text), standardKeys);
    findings.push(...file.findings.map((finding) => ({ ...finding, path })));
    for (const key of file.deactivated) deactivated.set(key, path);
    for (const entry of file.entries) {
      const key = entry.definition.metric_key;
      const earlier = entries.get(key);
      if (!earlier) entries.set(key, { path, file, entry });
      else {
        const message = `${key} is defined in ${earlier.path}, too.`;
        findings.push({ ...file.at({ code: 'duplicate_key', message, pointer: `${entry.pointer}/metric_key` }), path });
      }
    }
  }
  const empty: StoredDefinitions = { organizationId: newId(), rows: [], standard: library.members };
  const metrics = [...entries.values()].map(({ entry }) => ({ id: newId(), ...entry.definition }));
  const all = applyChange(empty, changeTowards(empty, { metrics, deactivated: [...deactivated.keys()] }));
  const model = buildModel({
    standard: visibleStandard(all),
    organization: activeRows(all).map(definitionOf),
    settings: SETTINGS,
  });
  for (const [key, { path, file, entry }] of entries) {
    const member = memberOf(model, key);
    const told = tellSwitchedOff(member.diagnostics, deactivated, library);
    for (const found of [...told, ...adviceFor(member, model, library)]) {
      const item = { ...problemItem(found), pointer: `${entry.pointer}${found.pointer}` };
      findings.push({ ...file.at(item, found.severity), path });
    }
  }
  findings.sort((a, b) => (a.path === b.path ? a.line - b.line || a.column - b.column : a.path < b.path ? -1 : 1));
  return { findings, definitions: entries.size };
}
