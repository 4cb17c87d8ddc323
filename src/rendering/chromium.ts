import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Browser } from 'puppeteer-core';
import { isAlive } from '../engine/directory-lock.js';

const require = createRequire(import.meta.url);
const run = promisify(execFile);

/** Chromium could not be started; the message says what the machine lacks. */
export class ChromiumUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ChromiumUnavailable';
  }
}

/**
 * Flags for printing our own pages: no GPU, no background work, no name is ever resolved. The sandbox is off because it
 * needs kernel features that containers lack; the pages run no script, load nothing and hold escaped text only.
 */
const FLAGS = [
  '--no-sandbox',
  '--no-zygote',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-domain-reliability',
  '--host-resolver-rules=MAP * ~NOTFOUND',
  '--proxy-server=http://127.0.0.1:9',
  '--font-render-hinting=none',
  '--no-pings',
];

/**
 * Starts a Chromium: on Linux x64 the one inside `@sparticuz/chromium`, which brings the libraries (NSS, NSPR, expat)
 * that a bare Debian lacks; elsewhere an installed Chrome.
 * @throws ChromiumUnavailable
 */
export async function launchChromium(): Promise<Browser> {
  const bundled = process.platform === 'linux' && process.arch === 'x64' && !isMusl();
  try {
    // Not at the start of the process, which may never print.
    const { default: puppeteer } = await import('puppeteer-core');
    if (!bundled) return await puppeteer.launch({ channel: 'chrome', headless: true, pipe: true, args: FLAGS });
    const home = await unpackChromium();
    const profile = await freshProfile(dirname(home));
    const browser = await puppeteer.launch({
      executablePath: join(home, 'chromium'),
      userDataDir: profile,
      headless: 'shell',
      // Over a pipe there is no port to find, and Chromium ends by itself when this process does.
      pipe: true,
      args: FLAGS,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      env: {
        PATH: process.env.PATH,
        HOME: home,
        TZ: 'UTC',
        LD_LIBRARY_PATH: join(home, 'al2023', 'lib'),
        FONTCONFIG_FILE: join(home, 'fonts.conf'),
      },
    });
    browser.once('disconnected', () => void rm(profile, { recursive: true, force: true }).catch(() => undefined));
    return browser;
  } catch (error) {
    if (error instanceof ChromiumUnavailable) throw error;
    throw new ChromiumUnavailable(explain(bundled, error as Error), { cause: error });
  }
}

function explain(bundled: boolean, error: Error): string {
  if (!bundled)
    return 'Reports are printed by Chrome, which is not installed here. Install Google Chrome and try again.';
  const library = /error while loading shared libraries: (\S+?):/.exec(error.message)?.[1];
  return library
    ? `Chromium could not start: the system library ${library} is missing. Install it (Debian: apt-get install libnss3 libexpat1).`
    : `Chromium could not start: ${error.message.split('\n')[0] ?? ''}`;
}

/** A folder for the browser's own files, named after this process; those of processes that were killed are removed. */
async function freshProfile(parent: string): Promise<string> {
  for (const name of await readdir(parent)) {
    const owner = /^profile-(\d+)-/.exec(name)?.[1];
    if (owner && !isAlive(Number(owner))) await rm(join(parent, name), { recursive: true, force: true });
  }
  return mkdtemp(join(parent, `profile-${process.pid}-`));
}

const isMusl = (): boolean => {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return report?.header?.glibcVersionRuntime === undefined;
};

/**
 * Unpacks the browser once a machine, user and version, into a folder that only this user can write. The package itself
 * would use fixed names in the shared temp folder and start a half-written binary when two processes come at once; so a
 * child process unpacks into a folder of its own, and the whole becomes visible with one rename.
 * @returns the folder with `chromium`, `al2023/lib`, `fonts` and `fonts.conf`
 */
export async function unpackChromium(): Promise<string> {
  const packageFolder = dirname(dirname(dirname(require.resolve('@sparticuz/chromium'))));
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  const uid = process.getuid?.() ?? 0;
  const parent = join(tmpdir(), `tributary-chromium-${uid}`);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const owner = await stat(parent);
  if (owner.uid !== uid || (owner.mode & 0o022) !== 0) {
    throw new ChromiumUnavailable(`${parent} belongs to someone else or is open to others; remove it.`);
  }
  const home = join(parent, version);
  if (existsSync(home)) return home;

  const staging = await mkdtemp(join(parent, 'unpack-'));
  try {
    const entry = pathToFileURL(require.resolve('@sparticuz/chromium')).href;
    const script = `import(${JSON.stringify(entry)}).then((loaded) => (loaded.default?.default ?? loaded.default).executablePath())`;
    await run(process.execPath, ['--input-type=module', '-e', script], {
      // The runtime's name makes the package unpack its libraries too.
      env: { PATH: process.env.PATH, TMPDIR: staging, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' },
      timeout: 120_000,
    });
    await writeFile(join(staging, 'fonts.conf'), fontConfiguration(home));
    await rename(staging, home).catch((error: NodeJS.ErrnoException) => {
      // Another process was first.
      if (!existsSync(home)) throw error;
    });
  } catch (error) {
    throw new ChromiumUnavailable(`Chromium could not be unpacked into ${parent}; is there 300 MB of room?`, {
      cause: error,
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return home;
}

/**
 * Where the browser finds fonts beside those inside the page: the package's own first, then the machine's (for scripts
 * that the page's typeface lacks). With no font at all, Chromium refuses even embedded ones.
 */
const fontConfiguration = (home: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${home}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <dir>/usr/local/share/fonts</dir>
  <cachedir>${home}/fonts-cache</cachedir>
</fontconfig>
`;
