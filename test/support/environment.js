/**
 * Jest's environment for Node, in which what the language itself brings is found at once. Specs run in a context whose global
 * object is asked by a callback whenever code says `Math` or `Object`, a hundred times slower than elsewhere; what is declared
 * beside that object is found first. What tests may replace (`Date`, timers, `process`) is not among it.
 */
import { runInContext } from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

const INTRINSICS = [
  ...['Array', 'BigInt', 'Boolean', 'Function', 'Intl', 'JSON', 'Math', 'Number', 'Object', 'Proxy', 'Reflect'],
  ...['RegExp', 'String', 'Symbol', 'Map', 'Set', 'WeakMap', 'WeakRef', 'WeakSet', 'Promise'],
  ...['Error', 'RangeError', 'SyntaxError', 'TypeError'],
  ...['ArrayBuffer', 'DataView', 'Uint8Array', 'Uint16Array', 'Uint32Array', 'Int8Array', 'Int16Array', 'Int32Array'],
  ...['Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array', 'Buffer'],
  ...['isNaN', 'isFinite', 'parseInt', 'parseFloat', 'encodeURIComponent', 'decodeURIComponent'],
];

export default class Environment extends TestEnvironment {
  async setup() {
    await super.setup();
    runInContext(INTRINSICS.map((name) => `const ${name} = globalThis.${name};`).join('\n'), this.context);
  }
}
