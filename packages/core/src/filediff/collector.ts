import { setFlagsFromString } from 'node:v8'

/**
 * For a process through which much data flow: every buffer that comes from the network counts against the collector, which would mark the
 * whole heap again and again (a third of the processor time). Without incremental marking the buffers, which all die young, are enough.
 *
 * V8 takes bytecode of its present settings only, that of Node.js itself too: what is loaded from now on is compiled from its text.
 */
export function collectYoungBuffersOnly(): void {
  setFlagsFromString('--no-incremental-marking')
}
