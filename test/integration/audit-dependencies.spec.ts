import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package-root.js';

const FOUND = {
  auditReportVersion: 2,
  vulnerabilities: {
    parser: {
      name: 'parser',
      severity: 'high',
      via: [
        {
          source: 1,
          name: 'parser',
          title: 'Reads too much',
          url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
          severity: 'high',
        },
      ],
    },
    app: { name: 'app', severity: 'high', via: ['parser'] },
  },
  metadata: { dependencies: { total: 700 } },
};
const ALLOWED = {
  advisory: 'GHSA-aaaa-bbbb-cccc',
  package: 'parser',
  reason: 'Only our own files are read by it, never a user’s.',
  expires: '2026-06-30',
};

describe('the check of dependencies', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-audit-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const check = (report: unknown, allowed: readonly unknown[], env: Record<string, string> = {}) => {
    writeFileSync(join(folder, 'report.json'), JSON.stringify(report));
    writeFileSync(join(folder, 'allowed.json'), JSON.stringify(allowed));
    const files = ['--report', join(folder, 'report.json'), '--allowed', join(folder, 'allowed.json')];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(packageRoot, 'scripts/audit-dependencies.mjs'), ...files, '--today', '2026-03-01'],
      { encoding: 'utf8', env: { ...process.env, ...env } },
    );
    return { status, said: stdout + stderr };
  };

  it('fails on a known vulnerability, and names it once', () => {
    const { status, said } = check(FOUND, []);
    expect(status).toBe(1);
    expect(said.match(/GHSA-aaaa-bbbb-cccc in parser/g)).toHaveLength(1);
  });

  it('passes one that is allowed for a reason, until its day has come', () => {
    expect(check(FOUND, [ALLOWED])).toMatchObject({
      status: 0,
      said: expect.stringContaining(ALLOWED.reason) as string,
    });
    expect(check(FOUND, [{ ...ALLOWED, expires: '2026-02-28' }]).status).toBe(1);
    expect(check(FOUND, [{ ...ALLOWED, reason: 'later' }]).status).toBe(1);
    expect(check({ ...FOUND, vulnerabilities: {} }, [ALLOWED]).said).toContain('remove it');
  });

  it('allows nothing else with it: not another package of the same advisory, nor another advisory', () => {
    const [cause] = FOUND.vulnerabilities.parser.via;
    const alike = { name: 'parser-es', severity: 'high', via: [{ ...cause, name: 'parser-es' }] };
    const both = { ...FOUND, vulnerabilities: { ...FOUND.vulnerabilities, 'parser-es': alike } };
    const { status, said } = check(both, [ALLOWED]);
    expect([status, said.match(/^error: /gm)?.length]).toEqual([1, 1]);
    expect(said).toContain('error: high GHSA-aaaa-bbbb-cccc in parser-es');
    expect(check(both, [ALLOWED, { ...ALLOWED, package: 'parser-es' }]).status).toBe(0);
    expect(check(FOUND, [{ ...ALLOWED, advisory: 'GHSA-dddd-eeee-ffff' }]).status).toBe(1);
  });

  it('notes what is hardly serious, and fails from moderate on', () => {
    const of = (severity: string) => {
      const [cause] = FOUND.vulnerabilities.parser.via;
      return { ...FOUND, vulnerabilities: { parser: { name: 'parser', severity, via: [{ ...cause, severity }] } } };
    };
    expect(['low', 'moderate', 'critical'].map((severity) => check(of(severity), []).status)).toEqual([0, 1, 1]);
  });

  it('says loudly that nothing was checked where the registry gives no answer', () => {
    const silent = { message: '405 Method Not Allowed', statusCode: 405 };
    expect(check(silent, [])).toMatchObject({ status: 0, said: expect.stringContaining('SKIPPED') as string });
    expect(check(silent, [], { AUDIT: 'required' }).status).toBe(1);
  });
});
