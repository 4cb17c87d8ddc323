/** The thread that reads one YAML text; see `yaml-thread.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { readYaml } from './yaml-content.js';

parentPort?.postMessage(readYaml(workerData as string));
