#!/usr/bin/env node
/**
 * Asks the registry for known vulnerabilities of what package-lock.json installs, and fails on each that is moderate or
 * worse and not allowed in .ci/allowed-advisories.json, with a reason and a day on which to look again.
 *
 *   node scripts/audit-dependencies.mjs [--report FILE] [--allowed FILE] [--today YYYY-MM-DD]
 *
 * --report reads what `npm audit --json` printed elsewhere. Where the registry gives no answer the check is skipped,
 * loudly; AUDIT=required makes that a failure.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const SERIOUS = new Set(['moderate', 'high', 'critical']);
const { values: options } = parseArgs({
  options: {
    report: { type: 'string' },
    allowed: { type: 'string', default: new URL('../.ci/allowed-advisories.json', import.meta.url).pathname },
    today: { type: 'string', default: new Date().toISOString().slice(0, 10) },
  },
});

/** What npm says, or null and why not. */
function report() {
  if (options.report) return { text: readFileSync(options.report, 'utf8') };
  const { stdout, error } = spawnSync('npm', ['audit', '--json', '--fetch-retries=0', '--fetch-timeout=30000'], {
    cwd: new URL('..', import.meta.url),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  });
  return { text: stdout ?? '', error };
}

function parsed({ text, error }) {
  try {
    const read = JSON.parse(text);
    if (read.auditReportVersion !== undefined) return { audit: read };
    return { why: read.message ?? read.error?.summary ?? 'npm answered without a report' };
  } catch {
    return { why: error?.message ?? 'npm printed no report' };
  }
}

/** Each advisory once for each package that it is about: id, packages, severity, title, url. */
function advisoriesOf(audit) {
  const found = new Map();
  for (const { via } of Object.values(audit.vulnerabilities ?? {})) {
    for (const cause of via) {
      if (typeof cause === 'string') continue;
      const id = /GHSA-[\w-]+/.exec(cause.url ?? '')?.[0] ?? String(cause.source);
      found.set(`${id} ${cause.name}`, {
        id,
        name: cause.name,
        severity: cause.severity,
        title: cause.title,
        url: cause.url,
      });
    }
  }
  return [...found.values()];
}

/** @throws Error for an entry that says nothing */
function readAllowed(file) {
  const entries = JSON.parse(readFileSync(file, 'utf8'));
  for (const entry of entries) {
    const { advisory, package: name, reason, expires } = entry;
    if (!advisory || !name || !(reason?.length >= 20) || !/^\d{4}-\d{2}-\d{2}$/.test(expires ?? '')) {
      throw new Error(
        `${file}: each entry needs advisory, package, a reason of a sentence, and expires (YYYY-MM-DD): ${JSON.stringify(entry)}`,
      );
    }
  }
  return entries;
}

const allowed = readAllowed(options.allowed);
const { audit, why } = parsed(report());
if (!audit) {
  console.warn(
    `\n!!! SKIPPED: dependencies were NOT checked for known vulnerabilities.\n!!! The registry gave no answer: ${why}\n`,
  );
  process.exit(process.env.AUDIT === 'required' ? 1 : 0);
}

let failures = 0;
const seen = new Set();
for (const { id, name, severity, title, url } of advisoriesOf(audit)) {
  const entry = allowed.find(({ advisory, package: of }) => advisory === id && of === name);
  if (entry) seen.add(entry);
  const what = `${severity} ${id} in ${name}: ${title} (${url})`;
  if (!SERIOUS.has(severity)) console.log(`note: ${what}`);
  else if (!entry) {
    failures++;
    console.error(`error: ${what}`);
  } else if (entry.expires < options.today) {
    failures++;
    console.error(`error: ${what}\n  was allowed until ${entry.expires} only: ${entry.reason}`);
  } else console.log(`allowed until ${entry.expires}: ${what}\n  ${entry.reason}`);
}
for (const entry of allowed) {
  if (!seen.has(entry))
    console.warn(`note: ${entry.advisory} (${entry.package}) is allowed but not found any more; remove it.`);
}
const total = audit.metadata?.dependencies?.total ?? '?';
if (failures > 0) {
  console.error(
    `\n${failures} known vulnerabilities among ${total} packages. Update, or allow with a reason in .ci/allowed-advisories.json.`,
  );
  process.exit(1);
}
console.log(`No known vulnerability that is not accounted for, among ${total} packages.`);
